"""A line on standard error for work that takes longer than a second, on a terminal only."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic

PATIENCE = 1.0
INTERVAL = 0.2
_CLEAR = "\r\x1b[K"


class Progress:
    """What the line says; `write` brings it to the terminal, `clock` counts seconds."""

    def __init__(self, write: Callable[[str], object], clock: Callable[[], float] = monotonic):
        self._write = write
        self._clock = clock
        self._begun = clock()
        self._shown = False
        self._what = "looking for inputs"

    def found(self, inputs: int) -> None:
        """From now on the work is known: so many inputs."""
        self._what = f"scanning {inputs:,} input{'s' * (inputs != 1)}"

    def tick(self, *_: object) -> None:
        """Show how long it has taken, once that is worth a line."""
        seconds = self._clock() - self._begun
        if seconds >= PATIENCE:
            self._write(f"{_CLEAR}{self._what}: {seconds:.0f} s")
            self._shown = True

    def end(self) -> None:
        """Leave the terminal as it was."""
        if self._shown:
            self._write(_CLEAR)


@contextmanager
def showing_progress() -> Iterator[Progress]:
    """Progress that a timer of the system drives, so that no part of the work has to know of it."""
    progress = Progress(_to_terminal)
    if not _watched():
        yield progress
        return
    before = signal.signal(signal.SIGALRM, progress.tick)
    signal.setitimer(signal.ITIMER_REAL, PATIENCE, INTERVAL)
    try:
        yield progress
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        progress.end()


def _watched() -> bool:
    """Whether a person is looking, and the system has the timer."""
    return sys.stderr is not None and sys.stderr.isatty() and hasattr(signal, "setitimer")


def _to_terminal(text: str) -> None:
    """Past all buffers: a timer may strike in the middle of a write."""
    with contextlib.suppress(OSError):
        os.write(sys.stderr.fileno(), text.encode())
