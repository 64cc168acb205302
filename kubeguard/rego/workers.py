"""Two workers where there is enough to do for both."""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from typing import Any

from kubeguard.policy.sources import EngineChoice
from kubeguard.rego.engine import Answer, Module, Program
from kubeguard.rego.worker import BATCH, Worker

WORTHWHILE = 10 * BATCH
"""Inputs from which a second worker saves more time than its start and compilation take."""


class Workers:
    """Behaves like one worker. The second is started, and knows the programs, when it is needed."""

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
        """The answers by input, then by query."""
        if len(inputs) < WORTHWHILE:
            return self._first.evaluate(program, queries, inputs)
        half = len(inputs) // 2
        later: list[list[Answer]] = []

        def rest() -> None:
            later.extend(self._second.evaluate(program, queries, inputs[half:]))

        thread = threading.Thread(target=rest)
        thread.start()
        try:
            return [*self._first.evaluate(program, queries, inputs[:half]), *_joined(thread, later)]
        finally:
            thread.join()

    def close(self) -> None:
        self._first.close()
        self._second.close()


def _joined(thread: threading.Thread, rows: list[list[Answer]]) -> list[list[Answer]]:
    thread.join()
    return rows
