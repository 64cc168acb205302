"""Files that change while the process runs: mounted keys and certificates."""

import os
from collections.abc import Callable
from pathlib import Path
from threading import Lock
from typing import Generic, TypeVar

Value = TypeVar("Value")
Stamp = tuple[int, int, int]


def stamp(path: Path) -> Stamp:
    """What tells one state of a file from the next; Kubernetes swaps mounted files by a link."""
    status = os.stat(path)
    return status.st_mtime_ns, status.st_ino, status.st_size


class WatchedFile(Generic[Value]):
    """The parsed content of a file, read again when the file changed."""

    def __init__(self, path: Path, parse: Callable[[str], Value]) -> None:
        self.path = path
        self._parse = parse
        self._lock = Lock()
        self._stamp = stamp(path)
        self._value = parse(path.read_text("utf-8"))

    @property
    def value(self) -> Value:
        """What the file says now; while it is absent or unreadable, what it said before."""
        with self._lock:
            try:
                self._refresh()
            except (OSError, ValueError):
                return self._value  # half-written or just being swapped: the next call looks again
            return self._value

    def _refresh(self) -> None:
        now = stamp(self.path)
        if now != self._stamp:
            self._value = self._parse(self.path.read_text("utf-8"))
            self._stamp = now
