"""What goes to the engine and comes from it: JSON, of a size and depth that both can bear."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import accumulate
from typing import Any

import orjson

from kubeguard.rego.engine import Budget, Diagnostic

BYTES_PER_SECOND = 8 * 1024 * 1024
"""What even a busy machine reads of an input."""
_ESCAPED = 6
"""What one byte of a text may take on the wire (`<` as \\u003c)."""
_OTHERWISE = 4 * 1024 * 1024
"""What an answer may hold beside its values: warnings, prints, rules."""
_BATCH_BYTES = 8 * 1024 * 1024
_TEXT = re.compile(rb'"[^"\\]*(?:\\.[^"\\]*)*"')
_NOT_BRACKETS = bytes(set(range(256)) - set(b"[]{}"))


def encoded(value: Any) -> bytes:
    """JSON; what orjson refuses (integers beyond 64 bits, more than 254 levels) goes the slow way.

    Raises ValueError, TypeError or RecursionError for what is no JSON.
    """
    try:
        return orjson.dumps(value)
    except TypeError:
        return json.dumps(_checked(value), ensure_ascii=False, allow_nan=False).encode()


def _checked(value: Any) -> Any:
    """A value that may hold encoded parts, without them; keys that are no texts are refused."""
    if isinstance(value, Mapping):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("a key is no text")
        return {key: _checked(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [_checked(each) for each in value]
    return json.loads(orjson.dumps(value)) if isinstance(value, orjson.Fragment) else value


def as_input(value: Any, budget: Budget) -> bytes | Diagnostic:
    """An input as it is sent, or why it is not."""
    try:
        text = encoded(value)
    except (TypeError, ValueError, RecursionError) as error:
        return Diagnostic("input", f"the input cannot be sent: {error}")
    if len(text) > budget.input_bytes:
        return Diagnostic("input", f"the input has more than {budget.input_bytes:,} bytes")
    if _is_deeper(text, budget.depth):
        return Diagnostic("input", f"the input has more than {budget.depth:,} levels")
    return text


def batches(
    inputs: Sequence[Any], budget: Budget, size: Callable[[], int]
) -> Iterator[list[bytes | Diagnostic]]:
    """Inputs as they are sent, together as many as `size` says each time, and not too large."""
    batch: list[bytes | Diagnostic] = []
    length = 0
    for each in inputs:
        batch.append(as_input(each, budget))
        length += len(batch[-1])
        if len(batch) >= size() or length > _BATCH_BYTES:
            yield batch
            batch, length = [], 0
    if batch:
        yield batch


def _is_deeper(text: bytes, levels: int) -> bool:
    """Whether JSON has more levels than that; only many brackets are looked at closely."""
    if text.count(b"{") + text.count(b"[") <= levels:
        return False
    brackets = _TEXT.sub(b"", text).translate(None, _NOT_BRACKETS)
    return max(accumulate(1 if each in b"[{" else -1 for each in brackets), default=0) > levels


def longest(budget: Budget) -> int:
    """Bytes that an answer may have on the wire."""
    return _ESCAPED * budget.answer_bytes + _OTHERWISE


def evaluation(
    program: int, queries: Sequence[str], inputs: Sequence[bytes], spend: Budget
) -> bytes:
    """A request to evaluate, out of inputs that are encoded already."""
    request = {
        "op": "evaluate",
        "program": program,
        "queries": list(queries),
        "budget_ms": max(int(spend.seconds * 1000), 1),
        "answer_bytes": spend.answer_bytes,
    }
    return encoded(request)[:-1] + b',"inputs":[' + b",".join(inputs) + b"]}"


def decoded(line: bytes, id: int) -> dict[str, Any]:
    """The answer to the request of that number; integers keep all their digits.

    Raises ValueError for what is none.
    """
    try:
        told = json.loads(line)
    except RecursionError:
        raise ValueError("too many levels") from None
    if not isinstance(told, dict) or told.get("id") != id:
        raise ValueError("it is the answer to another question")
    return told
