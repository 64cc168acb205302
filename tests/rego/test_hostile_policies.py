"""Policies and inputs that mean harm: bounded time and memory, and every other rule its verdict."""

from __future__ import annotations

from time import monotonic
from typing import Any

import pytest

from kubeguard.policy.sources import EngineChoice
from kubeguard.rego.engine import CompileError, Module
from kubeguard.rego.engines.worker import WORKER, Worker

pytestmark = pytest.mark.skipif(not WORKER.exists(), reason="the Rego worker is not built")

SECONDS = 0.5
MEMORY = 256
LONGEST = 30.0
"""Far beyond any budget here: only a hang takes longer."""
HONEST = Module("honest.rego", "package honest\n\ndeny contains input.kind\n")
PAIRS = "some a in numbers.range(1, 9999); some b in numbers.range(1, 9999)"
FAILING = {
    "all pairs": f"x := count([1 | {PAIRS}])",
    "all pairs, kept": f"x := [[a, b] | {PAIRS}]",
    "a long range": "x := count(numbers.range(1, 1000000000))",
    "a wide number": "x := bits.lsh(1, 10000000000)",
    "a number that takes long to write": "x := format_int(bits.lsh(1, 30000000), 10)",
    "a flood": 'x := [s | some i in numbers.range(1, 100000); s := sprintf("%0100d", [i])]',
    "20,000 brackets": f"x := {'[' * 20_000}{']' * 20_000}",
    "40,001 digits": "x := bits.lsh(1, 132877)",
    "a text that grows": 'x := replace(sprintf("%099999d", [0]), "0", sprintf("%09999d", [1]))',
}
HARMLESS = {
    "a pattern that backtracks": (
        'x := regex.match(`^(0+)+$`, concat("", [sprintf("%050000d", [0]), "!"]))',
        False,
    ),
    "a wide field": ('x := count(sprintf("%1000000000d", [1]))', None),
    "a number of a thousand digits": (f"x := {'9' * 1_000} + 0", int("9" * 1_000)),
}


def asked(worker: Worker, text: str, inputs: list[Any]) -> list[list[Any]]:
    program = worker.compile([Module("p.rego", f"package p\n\n{text}\n"), HONEST])
    return worker.evaluate(program, ["p.x", "honest.deny"], inputs)


@pytest.mark.parametrize("text", FAILING.values(), ids=FAILING)
def test_a_rule_that_breaks_its_budget_says_why_and_harms_no_other(text: str) -> None:
    start = monotonic()
    with Worker(EngineChoice(seconds=SECONDS, memory=MEMORY)) as worker:
        rows = asked(worker, text, [{"kind": f"K{n}"} for n in range(7)])

    assert monotonic() - start < LONGEST
    for number, (bad, honest) in enumerate(rows):
        assert bad.failure
        assert bad.failure.message
        assert honest.value == [f"K{number}"]


@pytest.mark.parametrize(("text", "value"), HARMLESS.values(), ids=HARMLESS)
def test_what_only_looks_hostile_is_answered(text: str, value: object) -> None:
    with Worker(EngineChoice(seconds=SECONDS, memory=MEMORY)) as worker:
        ((answer, _),) = asked(worker, text, [{"kind": "a"}])
    assert answer.failure is None
    if value is not None:
        assert answer.value == value


def test_a_policy_too_deep_to_parse_is_refused_at_its_place() -> None:
    with Worker(EngineChoice(memory=MEMORY)) as worker, pytest.raises(CompileError) as refused:
        asked(worker, f"x := {'[' * 200_000}{']' * 200_000}", [{}])
    assert refused.value.diagnostics[0].line == 3


def test_a_large_input_is_judged() -> None:
    large = {"kind": "Large", "items": ["x" * 100] * 200_000}
    with Worker(EngineChoice(seconds=10, memory=1024)) as worker:
        ((count, honest),) = asked(worker, "x := count(input.items)", [large])
    assert (count.value, honest.value) == (200_000, ["Large"])


def test_an_input_larger_than_the_memory_is_the_failure_of_that_input() -> None:
    large = {"kind": "Large", "items": [{"a": n} for n in range(1_000_000)]}
    with Worker(EngineChoice(seconds=10, memory=128)) as worker:
        rows = asked(worker, "x := count(input.items)", [{"kind": "a", "items": []}, large])
    assert (rows[0][0].value, rows[0][1].value) == (0, ["a"])
    assert all(answer.failure for answer in rows[1])
