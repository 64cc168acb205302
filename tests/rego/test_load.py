"""What is loaded from a path, in which order and with which data; what is said when it cannot."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from judging import Bench

from kubeguard.errors import KubeguardError, UsageError
from kubeguard.rego import packs
from kubeguard.rego.engine import CompileError
from kubeguard.rego.load import load
from kubeguard.rego.policies import Spec, Style

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: web}\n"


def policy(package: str, body: str = 'deny contains "no"') -> str:
    return f"package {package}\n\n{body}\n"


def test_one_file_is_loaded_alone(bench: Bench) -> None:
    files = {"a.rego": policy("a"), "b.rego": policy("b")}
    assert [f[0] for f in bench.found(files, POD, at="a.rego")] == ["a.deny"]


def test_a_folder_is_walked_in_order_without_tests_and_hidden_files(bench: Bench) -> None:
    files = {
        "z.rego": policy("z"),
        "sub/a.rego": policy("a"),
        "b.rego": policy("b"),
        "b_test.rego": policy("b_test"),
        ".git/c.rego": policy("c"),
        ".d.rego": policy("d"),
        "README.md": "deny",
    }
    (policies,) = bench.load(files)
    assert [q.query for q in policies.questions] == ["b.deny", "a.deny", "z.deny"]


def test_data_beside_the_policies(bench: Bench) -> None:
    files = {
        "a.rego": policy("a", 'deny contains sprintf("%v %v", [data.max, data.sub.names])'),
        "data.json": '{"max": 3}',
        "sub/data.yaml": "names: [x]\n",
        "sub/other.yaml": "names: {}\n",
    }
    assert [f[-1] for f in bench.found(files, POD)] == ['3 ["x"]']


def test_data_that_is_given_joins_what_lies_there(bench: Bench) -> None:
    files = {
        "a.rego": policy("a", 'deny contains sprintf("%v", [data.x])'),
        "data.json": '{"x": {"a": 1}}',
    }
    extra = bench.folder.parent / "extra.yaml"
    extra.write_text("x: {b: 2}\n")
    assert [f[-1] for f in bench.found(files, POD, data=(str(extra),))] == ['{"a": 1, "b": 2}']


def test_packages_that_share_a_target_see_each_other(bench: Bench) -> None:
    files = {
        "lib.rego": 'package lib\n\nbad if input.kind == "Pod"\n',
        "a.rego": policy("a", 'import data.lib\n\ndeny contains "no" if lib.bad'),
    }
    assert len(bench.found(files, POD)) == 1
    (policies,) = bench.load(files, at="a.rego")
    assert [t.message for t in policies.troubles] == [
        "imports data.lib, which neither the policies nor their data define"
    ]


@pytest.mark.parametrize(
    ("text", "line", "column", "message"),
    [
        ("package a\n\ndeny contains x\n", 3, 15, "unsafe"),
        ("package a\n\ndeny contains 1 if {\n\tx = \n}\n", 5, 1, "unexpected"),
        ("package a\n\ndeny contains http.send({}).body\n", 3, 15, "http.send"),
        ("package a\n\ndeny contains nothing(1)\n", 3, 15, "nothing"),
    ],
)
def test_what_opa_refuses(bench: Bench, text: str, line: int, column: int, message: str) -> None:
    with pytest.raises(CompileError) as refused:
        bench.load({"a.rego": text})
    said = refused.value.diagnostics[0]
    assert said.file.endswith("a.rego")
    assert (said.line, said.column) == (line, column)
    assert message in said.message


def test_every_style_in_one_folder(bench: Bench) -> None:
    files = {
        "main.rego": policy("main"),
        "own.rego": policy("acme"),
        "trivy.rego": "# METADATA\n# custom: {id: U-1, input: {selector: [{type: kubernetes}]}}\n"
        + policy("user.x", 'deny contains result.new("no", {})'),
    }
    sets = bench.load(files)
    assert {s.style: [q.check.id for q in s.questions] for s in sets} == {
        Style.TRIVY: ["U-1"],
        Style.CONFTEST: ["main.deny"],
        Style.KUBEGUARD: ["acme.deny"],
    }
    assert {f[0] for f in bench.found(files, POD)} == {"U-1", "main.deny", "acme.deny"}


@pytest.mark.parametrize(
    ("style", "styles"),
    [("kubeguard", [Style.KUBEGUARD]), ("conftest", [Style.CONFTEST]), ("trivy", [Style.TRIVY])],
)
def test_a_style_that_is_named_is_not_guessed(
    bench: Bench, style: str, styles: list[Style]
) -> None:
    assert [s.style for s in bench.load({"a.rego": policy("main")}, style=style)] == styles


def test_namespaces_narrow_every_style(bench: Bench) -> None:
    files = {"a.rego": policy("a"), "b.rego": policy("b")}
    (policies,) = bench.load(files, style="kubeguard", namespaces=("b",))
    assert [q.query for q in policies.questions] == ["b.deny"]


@pytest.mark.parametrize(
    ("files", "at", "message"),
    [
        ({}, "nowhere", "no policy at"),
        ({"a.rego": policy("a")}, "b.rego", "no policy at"),
    ],
)
def test_paths_that_are_not_there(
    bench: Bench, files: Mapping[str, str], at: str, message: str
) -> None:
    with pytest.raises(UsageError, match=message):
        bench.load(files, at=at)


@pytest.mark.parametrize(
    "files",
    [{"a.txt": "x"}, {"a.rego": "package lib\n\nx := 1\n"}, {"a_test.rego": policy("a")}],
)
def test_a_folder_in_which_nothing_can_be_found(bench: Bench, files: Mapping[str, str]) -> None:
    with pytest.raises(KubeguardError, match="no rule here that can find anything"):
        bench.load(files)


def test_a_file_that_is_no_text(bench: Bench) -> None:
    folder = bench.put({"b.rego": policy("b")})
    (folder / "a.rego").write_bytes(b"package a\n\xff\n")
    with pytest.raises(KubeguardError, match=r"a\.rego: cannot be read"):
        bench.load({})


def test_data_that_is_not_there(bench: Bench) -> None:
    with pytest.raises(UsageError, match="there is no data at"):
        bench.load({"a.rego": policy("a")}, data=("nowhere",))


@pytest.mark.parametrize("style", ["teapot", "gatekeeper"])
def test_styles_that_rego_files_cannot_have(bench: Bench, style: str) -> None:
    with pytest.raises(UsageError):
        bench.load({"a.rego": policy("a")}, style=style)


def test_a_pack_that_nobody_ships(bench: Bench) -> None:
    with pytest.raises(UsageError, match="no pack of policies"):
        load(Spec(f"{packs.PREFIX}teapot"), bench.engine)
