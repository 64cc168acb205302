"""Whatever one question does to the engine, all others are answered."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from kubeguard.policy.sources import EngineChoice
from kubeguard.rego.engine import Budget, EngineError, Module, Program
from kubeguard.rego.engines.worker import Worker

pytestmark = pytest.mark.skipif(os.name == "nt", reason="the fake engine is a script")

FINE = Module("fine.rego", "fine")
QUERIES = ["good", "bad", "fair"]
BUDGET = Budget(seconds=0.3, answer_bytes=100_000)
GUILTY = 7
DEADLY = ("exit", "kill", "memory", "complain", "half")
LATE = ("silent", "stuck")
SENSELESS = (
    *("flood", "garbage", "bytes", "empty", "list", "bare", "short", "shapes", "other", "digits"),
    *("deep", "mixed", "refused"),
)
OF_EVALUATIONS = {"short", "shapes", "digits"}
HARMLESS = ("after", "twice")
"""What breaks only the next request."""


@pytest.fixture
def fake(tmp_path: Path) -> Path:
    program = tmp_path / "engine"
    script = Path(__file__).with_name("fake_worker.py").read_text()
    program.write_text(f"#!{sys.executable} -IS\n{script}")
    program.chmod(0o755)
    return program


@pytest.fixture
def worker(fake: Path) -> Iterator[Worker]:
    with Worker(EngineChoice(), budget=BUDGET, program=fake) as worker:
        yield worker


def compiled(worker: Worker, log: Path | None = None) -> Program:
    return worker.compile([FINE], {"log": str(log)} if log else None)


def inputs(count: int, fault: str = "", query: str = "bad", **more: str) -> list[object]:
    made: list[dict[str, object]] = [{"n": n} for n in range(count)]
    if fault:
        made[GUILTY] |= {"faults": {query: fault}, **more}
    return list(made)


def failures(rows: list[list]) -> dict[tuple[int, str], str]:
    """The questions without an answer, and why; all others have their right answers."""
    failed = {}
    for n, row in enumerate(rows):
        assert len(row) == len(QUERIES)
        for query, answer in zip(QUERIES, row, strict=True):
            if answer.failure:
                failed[n, query] = answer.failure.message
            else:
                assert answer.value == [n, query]
    return failed


def requests(log: Path) -> list[dict]:
    return [json.loads(line) for line in log.read_text().splitlines()]


@pytest.mark.parametrize("fault", [*DEADLY, *LATE, *SENSELESS])
def test_only_the_guilty_question_has_no_answer(worker: Worker, fault: str):
    rows = worker.evaluate(compiled(worker), QUERIES, inputs(45, fault))
    assert list(failures(rows)) == [(GUILTY, "bad")]


@pytest.mark.parametrize("fault", [*DEADLY, *SENSELESS, *HARMLESS])
def test_what_happens_once_is_nobodys_fault(worker: Worker, tmp_path: Path, fault: str):
    asked = inputs(45, fault, once=str(tmp_path / "happened"))
    assert failures(worker.evaluate(compiled(worker), QUERIES, asked)) == {}
    assert (tmp_path / "happened").exists()


@pytest.mark.parametrize("fault", [*DEADLY, *SENSELESS, *HARMLESS])
def test_a_single_question_is_tried_twice(worker: Worker, tmp_path: Path, fault: str):
    program = compiled(worker)
    given = {"n": 1, "faults": {"bad": fault}, "once": str(tmp_path / "happened")}
    ((answer,),) = worker.evaluate(program, ["bad"], [given])
    assert answer.value == [1, "bad"]
    assert worker.evaluate(program, ["bad"], [given]) == [[answer]]


@pytest.mark.parametrize(
    ("fault", "why"),
    [
        ("exit", "ended with code 3"),
        ("kill", "killed by signal 9"),
        ("memory", "more memory than"),
        ("complain", "fatal error: something"),
        ("half", "ended with code 0"),
        ("silent", "no answer within 1.3 s"),
        ("flood", "longer than"),
        ("garbage", "cannot be read"),
        ("digits", "cannot be read"),
        ("deep", "cannot be read"),
        ("short", "another question"),
        ("refused", "refused"),
    ],
)
def test_the_failure_says_what_happened(worker: Worker, fault: str, why: str):
    rows = worker.evaluate(compiled(worker), QUERIES, inputs(10, fault))
    assert why in failures(rows)[GUILTY, "bad"]


@pytest.mark.parametrize("fault", ["exit", "silent"])
def test_time_is_bounded_and_a_rule_that_keeps_breaking_is_given_up(
    worker: Worker, tmp_path: Path, fault: str
):
    log = tmp_path / "log"
    program = compiled(worker, log)
    asked = [{"n": n, "faults": {"bad": fault}} for n in range(60)]
    start = time.monotonic()
    failed = failures(worker.evaluate(program, QUERIES, asked))
    assert time.monotonic() - start < 20
    assert list(failed) == [(n, "bad") for n in range(60)]
    assert "3 times" in failed[59, "bad"]
    alone = [r for r in requests(log) if r["op"] == "evaluate" and r["queries"] == ["bad"]]
    assert len({r["inputs"][0]["n"] for r in alone}) == 3
    before = len(requests(log))
    assert failures(worker.evaluate(program, QUERIES, asked[:1])).keys() == {(0, "bad")}
    assert [r["queries"] for r in requests(log)[before:]] == [["good", "fair"]]


def test_other_programs_do_not_pay_for_a_rule_that_was_given_up(worker: Worker):
    bad, other = compiled(worker), compiled(worker)
    worker.evaluate(bad, QUERIES, [{"n": n, "faults": {"bad": "exit"}} for n in range(9)])
    assert failures(worker.evaluate(other, QUERIES, inputs(3))) == {}


def test_an_input_that_breaks_the_engine_by_itself_is_no_rules_fault(worker: Worker):
    program = compiled(worker)
    poison = [{"n": n, "faults": {"any": "memory"}} for n in range(5)]
    failed = failures(worker.evaluate(program, QUERIES, [*poison, *inputs(30)[5:]]))
    assert list(failed) == [(n, query) for n in range(5) for query in QUERIES]
    assert "input" in failed[0, "good"]
    assert failures(worker.evaluate(program, QUERIES, inputs(3))) == {}


def test_what_cannot_be_sent_is_no_rules_fault(worker: Worker):
    program = compiled(worker)
    deep = {"n": 0, "more": orjson.Fragment(b"[" * 2000 + b"]" * 2000)}
    texts = {"n": 1, "more": orjson.Fragment(b'"' + b"[" * 2000 + b'"')}
    bad = [deep, {"n": 0, "more": object()}, {"n": 0, "more": {1: 2}}, {"n": 0, "more": "\ud800"}]
    rows = worker.evaluate(program, ["good"], [*bad, texts, {"n": 10**4000}, {"n": 2}])
    assert [bool(row[0].failure) for row in rows] == [*[True] * len(bad), False, False, False]
    assert "1,000 levels" in rows[0][0].failure.message
    assert rows[-2][0].value == [10**4000, "good"]


def test_large_inputs_are_refused_and_others_are_sent(fake: Path):
    budget = BUDGET._replace(input_bytes=10_000, seconds=2)
    with Worker(EngineChoice(), budget=budget, program=fake) as worker:
        asked = [{"n": 0, "more": "x" * 9_000}, {"n": 1, "more": "x" * 11_000}] * 10
        rows = worker.evaluate(compiled(worker), ["good"], asked)
    assert [bool(row[0].failure) for row in rows] == [False, True] * 10
    assert "10,000 bytes" in rows[1][0].failure.message


@pytest.mark.parametrize("fault", [*DEADLY, *sorted(set(SENSELESS) - OF_EVALUATIONS)])
def test_a_compilation_that_breaks_the_engine_is_an_error(worker: Worker, fault: str):
    fine = compiled(worker)
    with pytest.raises(Exception, match=r".+") as caught:
        worker.compile([Module("bad.rego", fault)])
    assert caught.type.__name__ == ("CompileError" if fault == "refused" else "EngineError")
    assert failures(worker.evaluate(fine, QUERIES, inputs(3))) == {}


def test_many_deaths_leave_nothing_behind(worker: Worker):
    pids, files = set(), []
    for _ in range(10):
        program = compiled(worker)
        files.append(len(os.listdir("/proc/self/fd")) if os.path.isdir("/proc/self/fd") else 0)
        pids.add(worker.pid)
        worker.evaluate(program, ["good", "bad"], inputs(GUILTY + 1, "exit"))
        worker.evaluate(program, ["good", "fair"], inputs(GUILTY + 1, "garbage", "fair"))
    worker.close()
    assert len(pids) == 10
    assert len(set(files)) == 1
    for pid in pids:
        with pytest.raises(ProcessLookupError):
            os.kill(pid, 0)


def test_killed_between_two_requests(worker: Worker):
    program = compiled(worker)
    for _ in range(3):
        assert worker.pid
        os.kill(worker.pid, signal.SIGKILL)
        time.sleep(0.05)
        assert failures(worker.evaluate(program, QUERIES, inputs(2))) == {}


def test_not_there():
    with (
        Worker(EngineChoice(), program=Path("/nowhere/kubeguard-rego")) as worker,
        pytest.raises(EngineError, match=r"/nowhere/kubeguard-rego is missing.*Go"),
    ):
        worker.compile([FINE])


def test_not_a_program(tmp_path: Path):
    program = tmp_path / "engine"
    program.write_text("text")
    with Worker(EngineChoice(), program=program) as worker:
        with pytest.raises(EngineError, match="cannot be started"):
            worker.compile([FINE])
        program.chmod(0o755)
        with pytest.raises(EngineError, match="cannot be started"):
            worker.compile([FINE])


def test_after_its_end(worker: Worker):
    program = compiled(worker)
    worker.close()
    worker.close()
    with pytest.raises(EngineError, match="closed"):
        worker.evaluate(program, QUERIES, inputs(1))


FORKED = """
import os, sys
from pathlib import Path
from kubeguard.policy.sources import EngineChoice
from kubeguard.rego.engine import Module
from kubeguard.rego.engines.worker import Worker

worker = Worker(EngineChoice(), program=Path(sys.argv[1]))
program = worker.compile([Module("fine.rego", "fine")])
first = worker.pid
child = os.fork()
for n in range(200):
    ((answer,),) = worker.evaluate(program, ["good"], [{"n": n}])
    assert answer.value == [n, "good"], answer
assert (worker.pid == first) is bool(child)
worker.close()
if child:
    assert os.waitpid(child, 0)[1] == 0
"""


def test_a_fork_has_an_engine_of_its_own(fake: Path):
    subprocess.run([sys.executable, "-c", FORKED, fake], check=True, timeout=60)
