"""The engine that ships: what all engines do, and what only it does."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from contract import FIRST, LIBRARY, SECOND, SETTINGS, SLOW, Contract, named

from kubeguard.policy.sources import EngineChoice
from kubeguard.rego.engine import Budget, CompileError, EngineError, Module
from kubeguard.rego.engines.worker import Worker
from kubeguard.rego.engines.workers import Workers

BUDGET = Budget(seconds=0.5, answer_bytes=1_000_000)


@pytest.fixture(scope="module")
def engine() -> Iterator[Worker]:
    with Worker(EngineChoice(), budget=BUDGET) as worker:
        yield worker


class TestWorker(Contract):
    """What all engines do."""


def test_functions_that_reach_out_may_be_allowed():
    module = Module("m.rego", "package m\n\nx := count(opa.runtime())")
    with Worker(EngineChoice(allow=frozenset({"opa.runtime"}))) as worker:
        ((answer,),) = worker.evaluate(worker.compile([module]), ["m.x"], [{}])
        assert answer.value == 0


def test_functions_of_other_tools(engine: Worker):
    text = 'package m\n\nimport rego.v1\n\ndeny contains result.new("bad", input.at) if input.at\n'
    program = engine.compile([Module("m.rego", text)], functions=["result.new"])
    given = {"at": {"startline": 3, "endline": 4}}
    ((answer,),) = engine.evaluate(program, ["m.deny"], [given])
    assert answer.value[0].items() >= {"msg": "bad", "startline": 3, "endline": 4}.items()


def test_what_policies_print_is_told(engine: Worker):
    module = Module("m.rego", 'package m\n\nx := 1 if print("seen", input.n)\n')
    rows = engine.evaluate(engine.compile([module]), ["m.x"], [{"n": 1}, {"n": 2}])
    assert [row[0].prints for row in rows] == [("m.rego:3: seen 1",), ("m.rego:3: seen 2",)]
    assert all(row[0].nanoseconds > 0 for row in rows)


TESTS = Module(
    "m_test.rego",
    """\
package main_test

import rego.v1
import data.main

test_short if count(main.deny) == 0 with input as {"name": "web"}

test_long if count(main.deny) == 0 with input as {"name": "a long name"}

test_wrong if to_number("x")

todo_test_later if false
""",
)


def test_tests_run_with_coverage_and_traces(engine: Worker):
    program = named(engine, FIRST, SECOND, LIBRARY, TESTS, tests=True)
    runs, coverage = engine.test(program, coverage=True, trace=True)
    assert [(r.name, r.status, r.line) for r in runs] == [
        ("test_short", "pass", 6),
        ("test_long", "fail", 8),
        ("test_wrong", "fail", 10),
        ("todo_test_later", "skip", 12),
    ]
    assert {r.package for r in runs} == {"main_test"}
    assert "a long name" in runs[1].trace
    found = {each.file: each for each in coverage}
    assert 16 in found["first.rego"].covered
    assert 25 in found["first.rego"].uncovered
    assert 0 < found["first.rego"].percent < 100
    runs, coverage = engine.test(program, "short")
    assert [(r.name, r.trace) for r in runs] == [("test_short", "")]
    assert coverage == ()


def test_tests_that_never_end_are_stopped(engine: Worker):
    endless = SLOW.text + '\ntest_slow if count(deny) == 1 with input as {"slow": true}\n'
    program = engine.compile([Module("slow_test.rego", endless)], tests=True)
    (run,) = engine.test(program).runs
    assert run.status == "error"


def test_formatting(engine: Worker):
    assert engine.format(Module("m.rego", "package   m\nx:=1\n")) == "package m\n\nx := 1\n"
    with pytest.raises(CompileError) as caught:
        engine.format(Module("m.rego", "package m\nx := }"))
    assert caught.value.diagnostics[0].line == 2


def test_any_query(engine: Worker):
    program = named(engine)
    found = engine.query(program, "data.lib.texts.longest = x; y = input.a[_]", '{"a": {1, 2}}')
    assert found == [{"x": 3, "y": 1}, {"x": 3, "y": 2}]
    with pytest.raises(CompileError, match="to_number"):
        engine.query(program, 'x := to_number("abc")', strict=True)


def test_a_new_process_knows_all_programs(engine: Worker):
    programs = [named(engine), engine.compile([SLOW])]
    before = engine.pid
    os.kill(before, signal.SIGKILL)
    time.sleep(0.05)
    ((answer,),) = engine.evaluate(programs[1], ["slow.fast"], [{"name": 7}])
    assert answer.value == 7
    assert engine.pid not in (0, before)
    ((answer,),) = engine.evaluate(programs[0], ["main.fine"], [{"name": 7}])
    assert answer.value is True


def test_it_ends_with_a_parent_that_is_killed(tmp_path: Path):
    """Even while it evaluates what never ends."""
    script = """
import sys, threading
from kubeguard.policy.sources import EngineChoice
from kubeguard.rego.engine import Module
from kubeguard.rego.engines.worker import Worker

worker = Worker(EngineChoice(seconds=60))
program = worker.compile([Module("slow.rego", sys.argv[1])])
worker.evaluate(program, ["slow.fast"], [{}])
print(worker.pid, flush=True)
worker.evaluate(program, ["slow.deny"], [{"slow": True}])
"""
    command = [sys.executable, "-c", script, SLOW.text]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        pid = int(parent.stdout.readline())
        time.sleep(0.2)
        os.kill(pid, 0)
        parent.kill()
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and _lives(pid):
        time.sleep(0.02)
    assert not _lives(pid)


def _lives(pid: int) -> bool:
    """Whether a process still does anything; that of a dead parent may wait to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_nothing_of_our_environment_reaches_it(engine: Worker, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with Worker(EngineChoice()) as worker:
        worker.compile([LIBRARY])
        environment = Path(f"/proc/{worker.pid}/environ")
        if not environment.exists():
            pytest.skip("this system does not show environments")
        names = {each.partition(b"=")[0] for each in environment.read_bytes().split(b"\0") if each}
    assert names == {b"KUBEGUARD_REGO_MEMORY"}


class TestTwoWorkers:
    @pytest.fixture
    def both(self) -> Iterator[Workers]:
        workers = Workers(EngineChoice(seconds=0.5))
        yield workers
        workers.close()

    def test_they_share_what_takes_long_and_keep_the_order(
        self, both: Workers, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setattr("kubeguard.rego.engines.workers._WORTHWHILE", 0)
        monkeypatch.setattr("kubeguard.rego.engines.workers._cores", lambda: 2)
        program = both.compile((FIRST, SECOND, LIBRARY), SETTINGS)
        inputs = [{"name": n, "number": n} for n in range(1_000)]
        rows = both.evaluate(program, ["main.number", 'main.a.b["c-d"]'], inputs)
        assert [[a.value for a in row] for row in rows] == [[n, n] for n in range(1_000)]
        assert both._second.pid
        later = both.compile([SLOW])
        rows = both.evaluate(later, ["slow.fast"], inputs)
        assert [a.value for (a,) in rows] == list(range(1_000))

    def test_a_few_inputs_are_for_one(self, both: Workers):
        program = both.compile((FIRST, LIBRARY), SETTINGS)
        both.evaluate(program, ["main.number"], [{"number": n} for n in range(100)])
        assert not both._second.pid

    def test_what_one_cannot_do_is_an_error(self, both: Workers, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setattr("kubeguard.rego.engines.workers._WORTHWHILE", 0)
        monkeypatch.setattr("kubeguard.rego.engines.workers._cores", lambda: 2)
        program = both.compile((FIRST, LIBRARY), SETTINGS)
        both._second.close()
        with pytest.raises(EngineError, match="closed"):
            both.evaluate(program, ["main.number"], [{}] * 500)
