"""Many questions are asked together; where that breaks the engine, only the guilty one suffers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence

from kubeguard.rego.engine import Answer, Diagnostic
from kubeguard.rego.engines.process import DiedError

PATIENCE = 3
"""So often may a rule break the engine or its time before it is asked no more."""
OUT_OF_TIME = "eval_cancel_error"
"""What OPA says of an evaluation that was stopped."""

Row = list[Answer]
"""What the queries say about one input."""
Ask = Callable[[Sequence[str], Sequence[bytes]], list[Row]]
"""Puts questions to the engine. Raises DiedError; the next question is put to a new one."""


class Questions:
    """The rules of one program, and how often each has broken the engine."""

    def __init__(self, ask: Ask, breaches: Counter[str]) -> None:
        self._ask = ask
        self._breaches = breaches

    def answers(self, queries: Sequence[str], inputs: Sequence[bytes | Diagnostic]) -> list[Row]:
        """The answers by input, then by query; an input that cannot be sent has only failures."""
        sent = [each for each in inputs if isinstance(each, bytes)]
        rows = iter(self._together(queries, sent) if sent else ())
        return [
            next(rows) if isinstance(each, bytes) else [Answer(failure=each)] * len(queries)
            for each in inputs
        ]

    def _together(self, queries: Sequence[str], inputs: Sequence[bytes]) -> list[Row]:
        asked = [query for query in queries if self._breaches[query] < PATIENCE]
        try:
            rows = self._ask(asked, inputs) if asked else [[]] * len(inputs)
        except DiedError as error:
            rows = self._apart(asked, inputs, error)
        else:
            self._count(asked, rows)
        known = [dict(zip(asked, row, strict=True)) for row in rows]
        return [[row.get(query, GIVEN_UP) for query in queries] for row in known]

    def _apart(self, queries: Sequence[str], inputs: Sequence[bytes], why: DiedError) -> list[Row]:
        """Each input by itself, then each query of one that is guilty."""
        if len(inputs) > 1:
            return [row for each in inputs for row in self._together(queries, [each])]
        if failure := self._poison(inputs):
            return [[failure] * len(queries)]
        if len(queries) > 1:
            return [[answer for query in queries for answer in self._together([query], inputs)[0]]]
        return [[self._again(queries, inputs, why)]]

    def _poison(self, inputs: Sequence[bytes]) -> Answer | None:
        """Why an input that is read, and about which nothing is asked, breaks the engine."""
        try:
            self._ask([], inputs)
        except DiedError as error:
            return Answer(failure=Diagnostic("input", f"the input cannot be read: {error}"))
        return None

    def _again(self, queries: Sequence[str], inputs: Sequence[bytes], why: DiedError) -> Answer:
        """One question a second time: what killed the engine may have come from outside."""
        if not why.late:
            try:
                return self._ask(queries, inputs)[0][0]
            except DiedError as error:
                why = error
        self._breaches[queries[0]] += 1
        return Answer(failure=Diagnostic("engine", str(why)))

    def _count(self, queries: Sequence[str], rows: Sequence[Row]) -> None:
        """What the engine stopped by itself has cost its time as well."""
        for row in rows:
            for query, answer in zip(queries, row, strict=True):
                if answer.failure and answer.failure.code == OUT_OF_TIME:
                    self._breaches[query] += 1


GIVEN_UP = Answer(
    failure=Diagnostic("given_up", f"it broke its budget {PATIENCE} times and is asked no more")
)
