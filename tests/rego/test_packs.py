"""The packs that ship: each policy has a page whose examples run, a title and an id of its own."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

import pytest

from kubeguard.model.finding import Check
from kubeguard.policy.sources import EngineChoice, PolicySource
from kubeguard.registry import load_checks
from kubeguard.rego import packs
from kubeguard.rego.authoring import with_tests
from kubeguard.rego.engines.worker import WORKER, Worker
from kubeguard.rego.examples import Example, examples
from kubeguard.rego.judge import LoadedRules
from kubeguard.rego.rules import load

pytestmark = pytest.mark.skipif(not WORKER.exists(), reason="the Rego worker is not built")
PACKS = sorted(packs.packs()) if WORKER.exists() else []


@cache
def rules(pack: str) -> LoadedRules:
    return load([PolicySource(packs.PREFIX + pack)], EngineChoice())


def policies() -> Iterator[tuple[str, Check]]:
    for pack in PACKS:
        for check in rules(pack).checks:
            yield pack, check


EXAMPLES = [
    pytest.param(pack, check, example, id=f"{check.id}-{check.name}-{example.verdict}-{number}")
    for pack, check in policies()
    for number, example in enumerate(examples(check.page), 1)
]


@pytest.mark.parametrize(("pack", "check", "example"), EXAMPLES)
def test_example(pack: str, check: Check, example: Example) -> None:
    assert example.found(rules(pack), [check]) == example.expected
    assert bool(example.expected) == (example.verdict == "bad")


@pytest.mark.parametrize(
    "check", [pytest.param(check, id=f"{check.id}-{check.name}") for _, check in policies()]
)
def test_page(check: Check) -> None:
    page = check.page.read_text(encoding="utf-8")

    assert page.startswith(f"# {check.title}\n\n")
    assert "\n## What to do\n" in page
    assert {example.verdict for example in examples(check.page)} == {"bad", "good"}
    assert check.name == check.page.stem
    assert check.description
    assert re.fullmatch(r"KG8\d{3}", check.id)


def test_names_and_ids_are_nobody_elses() -> None:
    every = [*load_checks(), *(check for _, check in policies())]
    assert len({check.id for check in every}) == len(every)
    assert len({check.name for check in every}) == len(every)


@pytest.mark.parametrize("pack", PACKS)
def test_policies_are_strict_formatted_and_tested(pack: str) -> None:
    modules, data = with_tests(PolicySource(packs.PREFIX + pack))
    with Worker(EngineChoice()) as worker:
        program = worker.compile(modules, data, strict=True, tests=True)
        runs = worker.test(program).runs
        assert [run.name for run in runs if run.status != "pass"] == []
        for module in modules:
            assert worker.format(module) == module.text, module.name


@pytest.mark.parametrize("pack", PACKS)
def test_nothing_is_wrong_with_them(pack: str) -> None:
    assert rules(pack).troubles == ()
    assert rules(pack).checks
