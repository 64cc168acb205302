"""The engine that ships: OPA in a worker process that may be killed at any moment."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import orjson

from kubeguard.policy.sources import EngineChoice
from kubeguard.rego import answers
from kubeguard.rego.engine import (
    OUTWARD,
    Answer,
    CompileError,
    Diagnostic,
    EngineError,
    Module,
    Program,
    Tests,
)
from kubeguard.rego.process import WORKER, DiedError, WorkerProcess

__all__ = ["WORKER", "Worker"]

BATCH = 20
"""Inputs in a request: fewer cost more requests, more cost only memory."""
PATIENCE = 3
"""So often may a rule break its budget before it is asked no more."""
GRACE = 1.0
"""Seconds that the worker has to stop by itself before it is killed."""
COMPILE_SECONDS = 60.0
INPUT_BYTES = 64 * 1024 * 1024
ANSWER_BYTES = 8 * 1024 * 1024
_BREACHES = ("eval_cancel_error", "answer_bytes", "engine")


class _Compiled(NamedTuple):
    """What a program was compiled from, and its number in the process that has it."""

    request: bytes
    number: int
    generation: int


class Worker:
    """One process, started when it is needed and anew when it is gone. For one thread."""

    def __init__(self, choice: EngineChoice) -> None:
        self.choice = choice
        self._process: WorkerProcess | None = None
        self._generation = 0
        self._id = 0
        self._programs: dict[int, _Compiled] = {}
        self._breaches: Counter[tuple[int, str]] = Counter()

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
        request = _encoded(
            {
                "op": "compile",
                "modules": [module._asdict() for module in modules],
                "data": dict(data or {}),
                "strict": strict,
                "forbid": sorted(OUTWARD - self.choice.allow),
                "functions": list(functions),
                "tests": tests,
            }
        )
        told = self._told(request, COMPILE_SECONDS)
        own = len(self._programs) + 1
        self._programs[own] = _Compiled(request, told["program"], self._generation)
        return answers.program(own, told)

    def learn(self, other: Worker) -> None:
        """Know the programs of another worker; each is compiled here when it is first asked."""
        for number, known in other._programs.items():
            self._programs.setdefault(number, known._replace(generation=0))

    def evaluate(
        self, program: Program, queries: Sequence[str], inputs: Sequence[Any]
    ) -> list[list[Answer]]:
        """The answers by input, then by query; whatever goes wrong is the failure of an answer."""
        rows: list[list[Answer]] = []
        for start in range(0, len(inputs), BATCH):
            rows += self._batch(program.number, queries, inputs[start : start + BATCH])
        return rows

    def test(
        self, program: Program, pattern: str = "", coverage: bool = False, trace: bool = False
    ) -> Tests:
        """Run the tests of a program that was compiled for it. Raises CompileError, EngineError."""
        request = {
            "op": "test",
            "program": self._number(program.number),
            "filter": pattern,
            "coverage": coverage,
            "trace": trace,
            "budget_ms": self._milliseconds,
        }
        return answers.tests(self._told(_encoded(request), COMPILE_SECONDS * 10))

    def format(self, module: Module) -> str:
        """The module as `opa fmt` writes it. Raises CompileError, EngineError."""
        told = self._told(_encoded({"op": "format", **module._asdict()}), COMPILE_SECONDS)
        return str(told["text"])

    def query(self, program: Program, query: str, term: str = "", strict: bool = False) -> Any:
        """The answer to any query, as it is on the wire; `term` is the input, in Rego."""
        request = {
            "op": "query",
            "program": self._number(program.number),
            "query": query,
            "input_term": term,
            "strict_builtin_errors": strict,
            "budget_ms": self._milliseconds,
        }
        return self._told(_encoded(request), self.choice.seconds + GRACE)

    def close(self) -> None:
        if self._process:
            self._process.close()
            self._process = None

    def __enter__(self) -> Worker:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def _milliseconds(self) -> int:
        return max(int(self.choice.seconds * 1000), 1)

    def _batch(
        self, program: int, queries: Sequence[str], inputs: Sequence[Any]
    ) -> list[list[Answer]]:
        """Together first; where that kills the worker, each question by itself, so that only the
        guilty one has no answer."""
        asked = [query for query in queries if not self._given_up(program, query)]
        try:
            rows = self._rows(program, asked, inputs, 2 * self.choice.seconds + GRACE)
        except EngineError:
            rows = [[self._alone(program, query, each) for query in asked] for each in inputs]
        else:
            for row in rows:
                self._note(program, asked, row)
        return [list(_complete(queries, asked, row)) for row in rows]

    def _alone(self, program: int, query: str, given: Any) -> Answer:
        if self._given_up(program, query):
            return _GIVEN_UP
        try:
            ((answer,),) = self._rows(program, [query], [given], self.choice.seconds + GRACE)
        except EngineError as error:
            answer = Answer(failure=Diagnostic("engine", error.message))
        self._note(program, [query], [answer])
        return answer

    def _note(self, program: int, queries: Sequence[str], row: Sequence[Answer]) -> None:
        for query, answer in zip(queries, row, strict=True):
            if answer.failure and answer.failure.code in _BREACHES:
                self._breaches[program, query] += 1

    def _given_up(self, program: int, query: str) -> bool:
        return self._breaches[program, query] >= PATIENCE

    def _rows(
        self, program: int, queries: Sequence[str], inputs: Sequence[Any], seconds: float
    ) -> list[list[Answer]]:
        """Raises EngineError when there is no answer, or none that can be read."""
        if not queries:
            return [[] for _ in inputs]
        request = _encoded(
            {
                "op": "evaluate",
                "program": self._number(program),
                "queries": list(queries),
                "inputs": list(inputs),
                "budget_ms": self._milliseconds,
                "answer_bytes": ANSWER_BYTES,
            }
        )
        if len(request) > INPUT_BYTES + 1024 * len(queries):
            raise EngineError(f"the input is larger than {INPUT_BYTES:,} bytes")
        try:
            told = self._told(request, seconds, ANSWER_BYTES * len(inputs) * len(queries))
            return answers.rows(told, len(queries), len(inputs))
        except CompileError as error:
            raise EngineError(str(error.diagnostics[0])) from error

    def _number(self, program: int) -> int:
        """The program's number in the process that runs now, compiled again where it is new."""
        known = self._programs[program]
        if self._process is None or known.generation != self._generation:
            told = self._told(known.request, COMPILE_SECONDS)
            known = _Compiled(known.request, told["program"], self._generation)
            self._programs[program] = known
        return known.number

    def _told(self, request: bytes, seconds: float, most: int = 1 << 30) -> dict[str, Any]:
        """What the worker says to a request. Raises CompileError, EngineError."""
        if self._process is None:
            self._process = self._started()
            self._generation += 1
        self._id += 1
        line = b'{"id":%d,' % self._id + request[1:] + b"\n"
        try:
            told = _decoded(self._process.ask(line, seconds, most), self._id)
        except DiedError as error:
            self.close()
            raise EngineError(str(error)) from None
        if "errors" in told:
            raise CompileError([answers.diagnostic(each) for each in told["errors"]])
        return told

    def _started(self) -> WorkerProcess:
        if not WORKER.exists():
            raise EngineError(
                "kubeguard was installed without its Rego engine",
                "install it where Go or the network is at hand, or use --rego-engine opa",
            )
        try:
            return WorkerProcess(self.choice.memory << 20, bool(self.choice.allow))
        except OSError as error:
            raise EngineError(f"the Rego engine cannot be started: {error}") from error


def _complete(
    queries: Sequence[str], asked: Sequence[str], row: Sequence[Answer]
) -> Iterator[Answer]:
    """The answers in the order of the questions, with those that were not asked."""
    known = dict(zip(asked, row, strict=True))
    return (known.get(query, _GIVEN_UP) for query in queries)


def _encoded(request: Mapping[str, Any]) -> bytes:
    """JSON; what orjson refuses (integers beyond 64 bits) takes the slower way."""
    try:
        return orjson.dumps(request)
    except TypeError:
        return json.dumps(request, default=_fragment).encode()


def _fragment(value: Any) -> Any:
    """An encoded input among others that orjson does not take."""
    return json.loads(orjson.dumps(value))


def _decoded(answer: bytes, number: int) -> dict[str, Any]:
    """Raises DiedError for what is no answer to this request."""
    try:
        told = json.loads(answer)
    except (ValueError, RecursionError) as error:
        raise DiedError(f"its answer cannot be read: {error}") from None
    if not isinstance(told, dict) or told.get("id") != number:
        raise DiedError("the engine answered another question")
    return told


_GIVEN_UP = Answer(
    failure=Diagnostic("given_up", f"it broke its budget {PATIENCE} times and is asked no more")
)
