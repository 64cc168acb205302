"""The engine that ships: OPA in a worker process that may be killed at any moment."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

from kubeguard.policy.sources import EngineChoice
from kubeguard.rego.engine import (
    OUTWARD,
    Answer,
    Budget,
    CompileError,
    EngineError,
    Module,
    Program,
    Tests,
)
from kubeguard.rego.engines import answers, lines
from kubeguard.rego.engines.process import WORKER, DiedError, WorkerProcess
from kubeguard.rego.engines.questions import OUT_OF_TIME, Questions

BATCH = 20
"""Inputs in a request at most: fewer cost more requests, more cost only memory."""
GRACE = 1.0
"""Seconds that the worker has to stop by itself before it is killed."""
COMPILE_SECONDS = 60.0
BUNDLE_BYTES = 512 * 1024 * 1024
"""What a bundle may be on the wire."""
TEST_SECONDS = 600.0
_BATCH_SECONDS = 0.5
"""What a batch should take; slower policies get smaller ones."""


class _Compiled(NamedTuple):
    """What a program was compiled from, and its number in the process that has it."""

    request: bytes
    number: int
    process: WorkerProcess | None


class Worker:
    """One process, started when it is needed and anew when it is gone. For one thread.

    A fork of this Python starts a process of its own: it is not the parent of this one.
    """

    def __init__(
        self, choice: EngineChoice, *, program: Path = WORKER, budget: Budget | None = None
    ) -> None:
        """`program` is the worker, `budget` what the choice says by default."""
        self._choice = choice
        self._program = program
        self._budget = budget or Budget(choice.seconds, memory_bytes=choice.memory << 20)
        self._process: WorkerProcess | None = None
        self._closed = False
        self._id = 0
        self._programs: dict[int, _Compiled] = {}
        self._breaches: defaultdict[int, Counter[str]] = defaultdict(Counter)
        self._size = BATCH

    @property
    def pid(self) -> int:
        """The number of the process that runs now; 0 when there is none."""
        return self._process.pid if self._process else 0

    def compile(
        self,
        modules: Sequence[Module],
        data: Mapping[str, Any] | None = None,
        *,
        strict: bool = False,
        functions: Sequence[str] = (),
        tests: bool = False,
    ) -> Program:
        """Compile modules together. Raises CompileError, EngineError."""
        request = {
            "op": "compile",
            "modules": [module._asdict() for module in modules],
            "data": dict(data or {}),
            "strict": strict,
            "forbid": sorted(OUTWARD - self._choice.allow),
            "functions": list(functions),
            "tests": tests,
        }
        line = _encoded(request)
        told, compiled = self._compiled(line)
        own = len(self._programs) + 1
        self._programs[own] = compiled
        with _understood():
            return answers.program(own, told)

    def learn(self, other: Worker) -> None:
        """Know the programs of another worker; each is compiled here when it is first asked."""
        for number, known in other._programs.items():
            self._programs.setdefault(number, known._replace(process=None))

    def evaluate(
        self, program: Program, queries: Sequence[str], inputs: Sequence[Any]
    ) -> list[list[Answer]]:
        """The answers by input, then by query; whatever a policy does is the failure of an answer.

        Raises EngineError when the engine cannot be started.
        """
        number = program.number
        questions = Questions(partial(self._rows, number), self._breaches[number])
        rows: list[list[Answer]] = []
        for batch in lines.batches(inputs, self._budget, lambda: self._size):
            start = time.monotonic()
            rows += questions.answers(queries, batch)
            spent = max(time.monotonic() - start, 1e-6)
            self._size = min(max(int(len(batch) * _BATCH_SECONDS / spent), 1), BATCH)
        return rows

    def test(
        self, program: Program, pattern: str = "", coverage: bool = False, trace: bool = False
    ) -> Tests:
        """Run the tests of a program that was compiled for it. Raises CompileError, EngineError."""
        told = self._about(
            program,
            {"op": "test", "filter": pattern, "coverage": coverage, "trace": trace},
            TEST_SECONDS,
        )
        with _understood():
            return answers.tests(told)

    def format(self, module: Module) -> str:
        """The module as `opa fmt` writes it. Raises CompileError, EngineError."""
        line = _encoded({"op": "format", **module._asdict()})
        told = self._told(self._running(), line, COMPILE_SECONDS)
        with _understood():
            return str(told["text"])

    def bundle(self, path: str, key: str = "") -> answers.BundleFiles:
        """An OPA bundle, with its signature checked where there is a `key` to check it with.

        Raises CompileError for what OPA says against it, EngineError.
        """
        line = _encoded({"op": "bundle", "path": path, "key": key})
        told = self._told(self._running(), line, COMPILE_SECONDS, BUNDLE_BYTES)
        with _understood():
            return answers.bundle(told)

    def query(
        self, program: Program, query: str, term: str = "", strict: bool = False
    ) -> list[dict[str, Any]]:
        """The bindings of each solution of any query; `term` is the input, in Rego.

        `strict` makes errors of builtins errors. Raises CompileError for all that OPA says against
        it, EngineError.
        """
        request = {
            "op": "query",
            "query": query,
            "input_term": term,
            "strict_builtin_errors": strict,
            "answer_bytes": self._budget.answer_bytes,
        }
        told = self._about(program, request, self._budget.seconds + GRACE)
        with _understood():
            return list(told["bindings"])

    def close(self) -> None:
        """End it; a second time does nothing."""
        self._closed = True
        self._end()

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _rows(
        self, program: int, queries: Sequence[str], inputs: Sequence[bytes]
    ) -> list[list[Answer]]:
        """What the engine says of inputs. Raises DiedError, EngineError."""
        process, number = self._known(program)
        line = lines.evaluation(number, queries, inputs, self._budget)
        seconds = self._budget.seconds + GRACE + len(line) / lines.BYTES_PER_SECOND
        told = self._asked(process, line, seconds)
        try:
            rows = answers.rows(told, len(queries), len(inputs))
        except _MISUNDERSTOOD as error:
            self._end()
            said = told["errors"][0]["message"] if told.get("errors") else error
            raise DiedError(f"its answer cannot be read: {said}") from None
        return [[self._timed(each) if each.failure else each for each in row] for row in rows]

    def _timed(self, answer: Answer) -> Answer:
        """What OPA says when it was stopped is not for users."""
        if answer.failure and answer.failure.code == OUT_OF_TIME:
            message = f"it takes longer than {self._budget.seconds:g} s"
            return answer._replace(failure=answer.failure._replace(message=message))
        return answer

    def _about(self, program: Program, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        process, number = self._known(program.number)
        budget = max(int(self._budget.seconds * 1000), 1)
        line = _encoded({**request, "program": number, "budget_ms": budget})
        return self._told(process, line, seconds)

    def _known(self, program: int) -> tuple[WorkerProcess, int]:
        """The process that runs now and what it calls the program, compiled again in a new one."""
        process = self._running()
        known = self._programs[program]
        if known.process is not process:
            _, known = self._compiled(known.request)
            self._programs[program] = known
        return process, known.number

    def _compiled(self, line: bytes) -> tuple[dict[str, Any], _Compiled]:
        process = self._running()
        told = self._told(process, line, COMPILE_SECONDS)
        with _understood():
            return told, _Compiled(line, int(told["program"]), process)

    def _told(
        self, process: WorkerProcess, line: bytes, seconds: float, most: int = 0
    ) -> dict[str, Any]:
        """What is said to a request, if it is not refused. Raises CompileError, EngineError."""
        try:
            told = self._asked(process, line, seconds, most)
        except DiedError as error:
            raise EngineError(str(error)) from None
        if "errors" in told:
            with _understood():
                refused = [answers.diagnostic(each) for each in told["errors"]]
            raise CompileError(refused)
        return told

    def _asked(
        self, process: WorkerProcess, line: bytes, seconds: float, most: int = 0
    ) -> dict[str, Any]:
        """The answer to a request. Raises DiedError, when the process is no more."""
        self._id += 1
        most = most or lines.longest(self._budget)
        try:
            answer = process.ask(b'{"id":%d,' % self._id + line[1:] + b"\n", seconds, most)
            return lines.decoded(answer, self._id)
        except DiedError:
            self._end()
            raise
        except ValueError as error:
            self._end()
            raise DiedError(f"its answer cannot be read: {error}") from None

    def _running(self) -> WorkerProcess:
        """The process, a new one where there is none. Raises EngineError."""
        if self._closed:
            raise EngineError("the engine is closed")
        if self._process and not self._process.alive:
            self._end()
        if self._process is None:
            self._process = self._started()
        return self._process

    def _started(self) -> WorkerProcess:
        if not self._program.exists():
            raise EngineError(
                f"kubeguard was installed without its Rego engine: {self._program} is missing; "
                "install it again where Go or the network is at hand, or use --rego-engine opa"
            )
        try:
            return WorkerProcess(
                self._program, self._budget.memory_bytes, outward=bool(self._choice.allow)
            )
        except OSError as error:
            raise EngineError(f"the Rego engine cannot be started: {error}") from error

    def _end(self) -> None:
        if self._process:
            self._process.close()
            self._process = None


_MISUNDERSTOOD = (LookupError, TypeError, ValueError, AttributeError)


@contextmanager
def _understood() -> Iterator[None]:
    """What is not of the form that was agreed is an EngineError."""
    try:
        yield
    except _MISUNDERSTOOD as error:
        raise EngineError(f"the answer of the engine cannot be read: {error!r}") from error


def _encoded(request: Mapping[str, Any]) -> bytes:
    try:
        return lines.encoded(request)
    except (TypeError, ValueError, RecursionError) as error:
        raise EngineError(f"the policies cannot be sent to the engine: {error}") from error
