"""Two workers where there is enough to do for both."""

from __future__ import annotations

import os
import time
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from kubeguard.policy.sources import EngineChoice
from kubeguard.rego.engine import Answer, Module, Program
from kubeguard.rego.engines.worker import BATCH, Worker

_SAMPLE = 2 * BATCH
"""Inputs that show how long the others will take."""
_SHARE = 5 * BATCH
"""Inputs that a worker takes at a time from what is left."""
_WORTHWHILE = 0.25
"""Seconds of work for which a second worker starts and compiles."""


class Workers:
    """Behaves like one worker. The second is started, and knows the programs, when it pays."""

    def __init__(self, choice: EngineChoice) -> None:
        self._first = Worker(choice)
        self._second = Worker(choice)

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
        made = self._first.compile(modules, data, strict=strict, functions=functions, tests=tests)
        self._second.learn(self._first)
        return made

    def evaluate(
        self, program: Program, queries: Sequence[str], inputs: Sequence[Any]
    ) -> list[list[Answer]]:
        """The answers by input, then by query. Raises EngineError."""
        start = time.monotonic()
        rows = self._first.evaluate(program, queries, inputs[:_SAMPLE])
        spent = time.monotonic() - start
        rest = inputs[_SAMPLE:]
        if spent * len(rest) < _WORTHWHILE * _SAMPLE or _cores() < 2:
            return rows + self._first.evaluate(program, queries, rest)
        return rows + self._shared(program, queries, rest)

    def _shared(
        self, program: Program, queries: Sequence[str], inputs: Sequence[Any]
    ) -> list[list[Answer]]:
        """Each worker takes the next inputs as soon as it has done with its last."""
        from concurrent.futures import ThreadPoolExecutor

        left = deque(range(0, len(inputs), _SHARE))
        found: dict[int, list[list[Answer]]] = {}

        def work(worker: Worker) -> None:
            while left:
                try:
                    start = left.popleft()
                except IndexError:  # the other was faster
                    return
                found[start] = worker.evaluate(program, queries, inputs[start : start + _SHARE])

        with ThreadPoolExecutor(1) as other:
            done = other.submit(work, self._second)
            try:
                work(self._first)
                done.result()
            finally:
                left.clear()
        return [row for start in sorted(found) for row in found[start]]

    def close(self) -> None:
        """End both; a second time does nothing."""
        self._first.close()
        self._second.close()


def _cores() -> int:
    """What this process may run on."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
