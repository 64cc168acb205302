"""OPA's own cases for evaluation, out of its Go module: here every answer is the one they want.

The cases are read where Go keeps its modules, and fetched first where they are not there.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Iterator, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar

import pytest
import yaml

from kubeguard.policy.sources import EngineChoice
from kubeguard.rego.engine import CompileError, Module, Program
from kubeguard.rego.engines.worker import WORKER, Worker

ENGINE = Path(__file__).parents[2] / "engine"
OPA = "github.com/open-policy-agent/opa"
ALLOWED = frozenset({"http.send", "net.lookup_ip_addr", "opa.runtime"})
"""The cases are about all of Rego, so nothing is forbidden here."""
SIMPLE = re.compile(r'data\.([\w.]+|[\w.]*\["[^"\\]+"\][\w.]*) = (?!input\b)(\w+)')
"""A query after one rule, as kubeguard asks it."""
DIFFERENT: Mapping[str, str] = {
    "baseandvirtualdocs/base/virtual: conflicts": (
        "data and a rule at one path are refused when they are compiled, as `opa eval` refuses "
        "them; OPA's harness leaves that check out"
    ),
    "regoparsemodule/error": (
        "where Rego is parsed while it is evaluated, a diagnostic gives the code of the parser's "
        "error instead of that of the builtin that asked"
    ),
    "time/time caching": "test.sleep is a builtin of OPA's harness alone",
}
"""The cases with another answer, in both versions of Rego, and why."""

pytestmark = [
    pytest.mark.go,
    pytest.mark.skipif(not shutil.which("go"), reason="go is not here to fetch the cases"),
    pytest.mark.skipif(not WORKER.exists(), reason="the Rego worker is not built"),
]


class _Json(yaml.CSafeLoader):
    """YAML as OPA reads it: scalars are what they are in JSON, and numbers keep their digits."""

    yaml_implicit_resolvers: ClassVar[dict[str, Any]] = {}


_Json.add_implicit_resolver("tag:yaml.org,2002:null", re.compile(r"(null|~|)\Z"), ["n", "~", ""])
_Json.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"(true|false)\Z"), ["t", "f"])
_Json.add_implicit_resolver(
    "!number", re.compile(r"-?\d+(\.\d+)?([eE][-+]?\d+)?\Z"), list("-0123456789")
)
_Json.add_constructor("!number", lambda loader, node: Decimal(loader.construct_scalar(node)))


@pytest.fixture(scope="module")
def cases() -> Path:
    found = _go("list", "-m", "-f", "{{.Dir}}", OPA)
    if not found:
        _go("mod", "download", OPA)
        found = _go("list", "-m", "-f", "{{.Dir}}", OPA)
    return Path(found) / "v1/test/cases/testdata"


def _go(*arguments: str) -> str:
    ran = subprocess.run(["go", *arguments], cwd=ENGINE, capture_output=True, text=True)
    if ran.returncode:
        pytest.skip(f"OPA's module cannot be fetched: {ran.stderr.strip()[:200]}")
    return ran.stdout.strip()


@pytest.mark.parametrize("version", ["v0", "v1"])
def test_every_answer_is_the_one_that_opa_wants(cases: Path, version: str):
    wrong, count = {}, 0
    with Worker(EngineChoice(seconds=20, allow=ALLOWED)) as worker:
        for case in _cases(cases / version):
            count += 1
            if said := _disagreement(worker, case, version):
                wrong[case["note"]] = said
    assert count > 1_900
    assert {name: said for name, said in wrong.items() if name not in DIFFERENT} == {}
    assert set(wrong) == set(DIFFERENT)


def _cases(folder: Path) -> Iterator[dict[str, Any]]:
    for file in sorted(folder.rglob("*.yaml")):
        for case in yaml.load(file.read_bytes(), _Json)["cases"]:
            yield {key.lower(): value for key, value in case.items()}


def _disagreement(worker: Worker, case: dict[str, Any], version: str) -> str:
    """What is wrong with the answer to a case; nothing mostly."""
    modules = [
        Module(f"test-{n}.rego", m, version) for n, m in enumerate(case.get("modules") or ())
    ]
    try:
        program = worker.compile(modules, _plain(case.get("data") or {}))
        term = case.get("input_term") or (_text(case["input"]) if "input" in case else "")
        found = worker.query(program, case["query"], term, case.get("strict_error", False))
    except CompileError as error:
        return _other_error(case, error)
    if _wants_error(case):
        return f"no error: {found}"
    if "want_result" in case and _solutions(found, case) != _solutions(case["want_result"], case):
        return f"{found} instead of {case['want_result']}"
    if case.get("want_defined", bool(found)) != bool(found):
        return f"{found}"
    return _asked_otherwise(worker, program, case)


def _asked_otherwise(worker: Worker, program: Program, case: dict[str, Any]) -> str:
    """The same question as kubeguard asks it, where it is after one rule."""
    simple = SIMPLE.fullmatch(case["query"])
    if not simple or "input" not in case or "want_result" not in case:
        return ""
    ((answer,),) = worker.evaluate(program, [simple[1]], [_plain(case["input"])])
    solutions = [{simple[2]: answer.value}] if answer.defined else []
    if answer.failure or _solutions(solutions, case) != _solutions(case["want_result"], case):
        return f"asked by kubeguard: {answer} instead of {case['want_result']}"
    return ""


def _wants_error(case: Mapping[str, Any]) -> bool:
    return "want_error" in case or "want_error_code" in case


def _other_error(case: Mapping[str, Any], error: CompileError) -> str:
    """Whether an error is not the one that is wanted."""
    said = error.diagnostics[0]
    if not _wants_error(case):
        return str(error)
    place = f"{said.file}:{said.line}: " if said.file else ""
    if case.get("want_error", "") not in f"{place}{said.code}: {said.message}":
        return f"{place}{said.code}: {said.message}"
    return "" if case.get("want_error_code", said.code) == said.code else said.code


def _solutions(found: Any, case: Mapping[str, Any]) -> set[str]:
    """Bindings as OPA's own harness compares them: in any order."""
    bound = [
        {
            name: _canonical(value, bool(case.get("sort_bindings")))
            for name, value in each.items()
            if not (case.get("ignore_generated_vars") and name.startswith("__localq"))
        }
        for each in found or ()
    ]
    return {json.dumps(each, sort_keys=True) for each in bound}


def _canonical(value: Any, sort: bool) -> Any:
    """A value of which equal ones are the same text: numbers by what they count."""
    if isinstance(value, bool | str | None):
        return value
    if isinstance(value, int | float | Decimal):
        return ["number", str(Decimal(str(value)).normalize())]
    if isinstance(value, list):
        items = [_canonical(each, sort) for each in value]
        return ["list", sorted(items, key=json.dumps) if sort else items]
    return {str(key): _canonical(each, sort) for key, each in value.items()}


def _plain(value: Any) -> Any:
    """A value that can be sent: numbers as JSON has them."""
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {str(key): _plain(each) for key, each in value.items()}
    return value


def _text(value: Any) -> str:
    """JSON, which is a term of Rego."""
    return json.dumps(_plain(value))
