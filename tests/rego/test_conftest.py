"""conftest's rules about rules: what it asks, what it takes for a result, exceptions, data."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from judging import Bench

from kubeguard.errors import KubeguardError
from kubeguard.rego.engine import CompileError
from kubeguard.rego.policies import Style

POD = """\
apiVersion: v1
kind: Pod
metadata:
  name: web
spec:
  containers:
    - name: app
      image: app:1
"""
SERVICE = "apiVersion: v1\nkind: Service\nmetadata: {name: api}\n"
STYLE = {"style": "conftest"}


def main(*rules: str) -> dict[str, str]:
    return {"policy.rego": "package main\n\n" + "\n\n".join(rules) + "\n"}


@pytest.mark.parametrize(
    ("rule", "messages"),
    [
        ('deny contains "no"', ["no"]),
        ('deny_root_user contains "no"', ["no"]),
        ('violation contains {"msg": "no", "details": {}}', ["no"]),
        ('warn_x contains "no"', ["no"]),
        ('deny := ["a", "b"]', ["a", "b"]),
        ('violation := [{"msg": "no"}]', ["no"]),
        ('deny := "no"', []),
        ("deny := true", []),
        ('deny := {"msg": "no"}', []),
        ('deny contains ""', []),
        ('denying contains "no"', []),
        ('deny_ contains "no"', []),
        ('error contains "no"', []),
        ('deny contains "no" if input.kind == "Service"', []),
    ],
)
def test_what_is_a_result(bench: Bench, rule: str, messages: list[str]) -> None:
    policy = main(rule, 'warn_never contains "never" if false')
    assert [found[-1] for found in bench.found(policy, POD, **STYLE)] == messages


def test_v0_and_v1_and_places(bench: Bench) -> None:
    policy = {
        "old.rego": 'package main\ndeny[msg] { input.spec; msg := "Container app is old" }\n',
        "new.rego": """\
package main

warn_image contains {"msg": "no", "path": ["spec", "containers", 0, "image"]}
deny_line contains {"msg": "no", "_loc": {"file": "a.yaml", "line": 6}}
""",
    }
    assert bench.found(policy, POD) == [
        ("main.deny_line", "a.yaml", 6, 3, "no"),
        ("main.deny", "a.yaml", 7, 7, "Container app is old"),
        ("main.warn_image", "a.yaml", 8, 14, "no"),
    ]


EXCEPTIONS = main(
    'deny contains "plain"',
    'deny_root contains "root"',
    'warn_root contains "warned"',
    'deny_other contains "other"',
    'exception contains ["root", ""] if input.metadata.name == "web"',
)


def test_exceptions_speak_of_names_behind_the_underscore(bench: Bench) -> None:
    second = POD.replace("web", "db")
    found = bench.found(EXCEPTIONS, {"a.yaml": POD, "b.yaml": second})
    assert [(f[1], f[4]) for f in found] == [
        ("a.yaml", "other"),
        ("b.yaml", "plain"),
        ("b.yaml", "other"),
        ("b.yaml", "root"),
        ("b.yaml", "warned"),
    ]


def test_exceptions_of_v0(bench: Bench) -> None:
    policy = {
        "a.rego": """\
package main
deny_root[msg] { msg := "root" }
exception[rules] { input.metadata.name == "web"; rules := ["root"] }
"""
    }
    found = bench.found(policy, {"a.yaml": POD, "b.yaml": POD.replace("web", "db")})
    assert [f[1] for f in found] == ["b.yaml"]


def test_the_file_is_told(bench: Bench) -> None:
    policy = main(
        'deny contains sprintf("%s", [data.conftest.file.name])', 'exception contains ["x"]'
    )
    found = bench.found(policy, {"deep/a.yaml": POD, "b.yaml": SERVICE})
    assert [f[-1] for f in found] == ["a.yaml", "b.yaml"]


NAMESPACES = {
    "a.rego": 'package main\n\ndeny contains "main"\n',
    "b.rego": 'package other\n\ndeny contains "other"\n',
    "c.rego": 'package main.sub\n\ndeny contains "sub"\n',
}


@pytest.mark.parametrize(
    ("namespaces", "messages"),
    [
        (("main",), ["main"]),
        (("other",), ["other"]),
        (("main", "other"), ["main", "other"]),
        (("main*",), ["main", "sub"]),
        (("*",), ["main", "sub", "other"]),
        (("[^o]*",), ["main", "sub"]),
    ],
)
def test_namespaces(bench: Bench, namespaces: tuple[str, ...], messages: list[str]) -> None:
    found = bench.found(NAMESPACES, POD, namespaces=namespaces)
    assert sorted(f[-1] for f in found) == sorted(messages)


def test_main_is_asked_when_no_namespace_is_named(bench: Bench) -> None:
    assert [f[-1] for f in bench.found(NAMESPACES, POD, **STYLE)] == ["main"]


def test_a_namespace_that_is_not_there_is_an_error(bench: Bench) -> None:
    with pytest.raises(KubeguardError, match="no namespace 'mian'") as refused:
        bench.load(NAMESPACES, namespaces=("mian",))
    assert "main, other" in refused.value.hint.replace("main.sub, ", "")


@pytest.mark.parametrize(
    ("toml", "messages"),
    [
        ('namespace = "other"', ["other"]),
        ('namespace = ["main", "other"]', ["main", "other"]),
        ("all-namespaces = true", ["main", "other", "sub"]),
        ('policy = "rules"', ["ruled"]),
        ('policy = ["rules", "b.rego"]\nnamespace = ["main", "other"]', ["other", "ruled"]),
        ("fail-on-warn = true", ["main"]),
    ],
)
def test_a_toml_beside_the_policies(bench: Bench, toml: str, messages: list[str]) -> None:
    rules = {"rules/r.rego": 'package main\n\ndeny_r contains "ruled"\n'} if "rules" in toml else {}
    files = {**NAMESPACES, **rules, "conftest.toml": toml}
    assert sorted(f[-1] for f in bench.found(files, POD)) == messages


def test_a_toml_above_speaks_for_its_own_policies_only(bench: Bench) -> None:
    files = {"conftest.toml": 'namespace = "other"'} | {
        f"{folder}/{name}": text
        for folder in ("policy", "ours")
        for name, text in NAMESPACES.items()
    }
    assert [f[-1] for f in bench.found(files, POD, at="policy")] == ["other"]
    assert sorted(f[-1] for f in bench.found(files, POD, at="ours")) == ["main", "other", "sub"]


@pytest.mark.parametrize(
    "setting", ['capabilities = "c.json"', 'update = ["x"]', 'parser = "hcl2"']
)
def test_settings_that_are_not_followed_are_named(bench: Bench, setting: str) -> None:
    with pytest.raises(KubeguardError, match=setting.partition(" ")[0]):
        bench.load({**NAMESPACES, "conftest.toml": setting})


def test_a_broken_toml_is_an_error(bench: Bench) -> None:
    with pytest.raises(KubeguardError, match=r"conftest\.toml: "):
        bench.load({**NAMESPACES, "conftest.toml": "policy = ["})


DATA = main(
    """\
import data.limits
import data.nested.list

deny contains sprintf("%v %v", [limits.max, list])"""
)


def test_data(bench: Bench) -> None:
    files = {"d/limits.yaml": "limits: {max: 3}\n", "d/nested/list/x.json": "[1, 2]"}
    data = (str(bench.put(files) / "d"),)
    assert [f[-1] for f in bench.found(DATA, POD, data=data, **STYLE)] == ["3 [1, 2]"]
    toml = {"conftest.toml": 'data = "d"'}
    assert [f[-1] for f in bench.found({**DATA, **toml}, POD)] == ["3 [1, 2]"]


def test_data_files_and_prefixes(bench: Bench) -> None:
    folder = bench.put({"one.json": '{"limits": {"max": 3}}', "two.yml": "[1]\n"})
    data = (str(folder / "one.json"), f"nested.list:{folder / 'two.yml'}")
    assert [f[-1] for f in bench.found(DATA, POD, data=data, **STYLE)] == ["3 [1]"]


@pytest.mark.parametrize(
    ("files", "message"),
    [
        ({"a.json": '{"x": 1}', "b.yaml": "x: 2\n"}, "data.x is given twice"),
        ({"a.json": "[1]"}, "has to be a mapping"),
        ({"a.json": "{"}, "not JSON"),
        ({"a.yaml": "a: [\n"}, "a.yaml:"),
    ],
)
def test_data_that_cannot_be_read(bench: Bench, files: Mapping[str, str], message: str) -> None:
    data = (str(bench.put({f"d/{name}": text for name, text in files.items()}) / "d"),)
    with pytest.raises(KubeguardError, match=message):
        bench.load(DATA, data=data)


def test_an_import_of_nothing_is_told(bench: Bench) -> None:
    (policies,) = bench.load(main("import data.limits", "deny contains 1 if limits.max"), **STYLE)
    assert [t.message for t in policies.troubles] == [
        "imports data.limits, which neither the policies nor their data define"
    ]


COMBINED = main(
    """\
deny contains sprintf("Service %s selects no Pod", [s.contents.metadata.name]) if {
	some s in input
	s.contents.kind == "Service"
	count(pods) == 0
}

pods contains p.path if {
	some p in input
	p.contents.kind == "Pod"
}

warn contains {"msg": "first", "path": [1, "contents", "kind"]}

warn_all contains sprintf("%v", [[x.path | some x in input]])"""
)


def test_combined_inputs(bench: Bench) -> None:
    inputs = {"b.yaml": f"{SERVICE}---\n{SERVICE.replace('api', 'db')}", "a.yaml": SERVICE}
    assert bench.found(COMBINED, inputs, combine=True) == [
        ("main.warn", "b.yaml", 2, 7, "first"),
        ("main.deny", "b.yaml", 7, 18, "Service db selects no Pod"),
        ("main.deny", "a.yaml", 3, 18, "Service api selects no Pod"),
        ("main.warn_all", "a.yaml", 3, 18, '["a.yaml", "b.yaml", "b.yaml"]'),
    ]
    assert all("selects" not in f[-1] for f in bench.found(COMBINED, POD, combine=True))


DOCKERFILE = '# base\nFROM alpine AS a\nRUN one\nFROM scratch\nONBUILD COPY --link ["x", "y"]\n'


def test_dockerfiles_are_lists_of_commands(bench: Bench) -> None:
    policy = main(
        'deny contains {"msg": json.marshal(c), "path": [i]} if some i, c in input',
        "unused if input[0].Cmd",
    )
    found = bench.found(policy, {"Dockerfile": DOCKERFILE}, **STYLE)
    assert [(f[2], json.loads(f[4])) for f in found] == [
        (line, {"Cmd": c, "SubCmd": s, "JSON": j, "Flags": f, "Value": v, "Stage": g})
        for line, c, s, j, f, v, g in (
            (2, "comment", "", False, None, ["base"], 0),
            (2, "from", "", False, None, ["alpine", "AS", "a"], 0),
            (3, "run", "", False, None, ["one"], 0),
            (4, "from", "", False, None, ["scratch"], 1),
            (5, "onbuild", "COPY", True, None, ["x", "y"], 1),
        )
    ]


def test_an_object_of_results_is_refused(bench: Bench) -> None:
    policy = main('deny[msg] if {\n\tmsg := "no"\n}')
    with pytest.raises(CompileError, match="conftest sees no results: write `contains`") as refused:
        bench.load(policy, **STYLE)
    assert (refused.value.diagnostics[0].line, refused.value.diagnostics[0].column) == (3, 1)


@pytest.mark.parametrize(
    ("files", "styles"),
    [
        (main('deny contains "no"'), {Style.CONFTEST}),
        (main('deny := "no"'), {Style.KUBEGUARD}),
        ({"a.rego": 'package acme\n\ndeny contains "no"\n'}, {Style.KUBEGUARD}),
        (NAMESPACES, {Style.CONFTEST, Style.KUBEGUARD}),
        ({**NAMESPACES, "e.rego": 'package main\n\nexception contains ["x"]\n'}, {Style.CONFTEST}),
        ({**NAMESPACES, "conftest.toml": ""}, {Style.CONFTEST}),
    ],
)
def test_conftest_is_recognised(bench: Bench, files: Mapping[str, str], styles: set[Style]) -> None:
    assert {policies.style for policies in bench.load(files)} == styles


def test_functions_of_conftest(bench: Bench) -> None:
    policy = main('deny contains x.a if x := parse_config("yaml", "a: nope")')
    assert [f[-1] for f in bench.found(policy, POD)] == ["nope"]


def test_functions_that_read_files_are_refused(bench: Bench) -> None:
    with pytest.raises(CompileError, match="parse_config_file reads files") as refused:
        bench.load(main('deny contains "no" if parse_config_file("a.yaml")'))
    assert (refused.value.diagnostics[0].line, refused.value.diagnostics[0].column) == (3, 23)
