"""A line on standard error for work that takes longer than a second, on a terminal only."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import TypeVar

T = TypeVar("T")

_PATIENCE = 1.0
_INTERVAL = 0.1
_CLEAR = "\r\x1b[K"


@contextmanager
def showing_progress() -> Iterator[Callable[[Iterator[T]], Iterable[T]]]:
    """A wrapper for the readings of a scan that counts them for the reader; cleared at the end."""
    if not sys.stderr.isatty():
        yield lambda items: items
        return
    shown = False
    begun = monotonic()

    def counting(items: Iterator[T]) -> Iterator[T]:
        nonlocal shown
        last = begun
        for number, item in enumerate(items, 1):
            now = monotonic()
            if now - begun > _PATIENCE and now - last > _INTERVAL:
                sys.stderr.write(f"{_CLEAR}reading: {number:,} inputs")
                sys.stderr.flush()
                shown, last = True, now
            yield item
        if shown:
            sys.stderr.write(f"{_CLEAR}judging")
            sys.stderr.flush()

    try:
        yield counting
    finally:
        if shown:
            sys.stderr.write(_CLEAR)
            sys.stderr.flush()
