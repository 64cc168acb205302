"""Where every instruction, flag, word and command of a Dockerfile stands in its text."""

from __future__ import annotations

from typing import NamedTuple

from kubeguard.model.lines import Lines
from kubeguard.model.location import Path, Span


class Spot(NamedTuple):
    """Offsets of an entry: where its name begins (keyword, `--flag`), and its value."""

    start: int
    end: int
    key_start: int
    key_end: int


class DockerfilePlaces:
    """Places (see model.location) by path: `(3,)` is an instruction, `(3, "arguments", 0)` a word.

    Of an instruction `key_span` is its keyword, `span` its first line and `extent` all of it with
    its here-documents. Of a flag `span` is the value, `extent` the flag as a whole.
    """

    def __init__(self, lines: Lines) -> None:
        self.lines = lines
        self._spots: dict[Path, tuple[int, int, int, int]] = {(): (0, len(lines.text), 0, 0)}

    def add(self, path: Path, start: int, end: int) -> None:
        self._spots[path] = (start, end, start, end)

    def add_named(self, path: Path, spot: Spot) -> None:
        self._spots[path] = spot

    def span(self, path: Path, /) -> Span | None:
        path, spot = self._nearest(path)
        span = self.lines.span(spot.start, spot.end)
        if len(path) > 1 or span.line == span.end_line:
            return span
        width = len(self.lines.line(span.line).rstrip())
        return Span(span.line, span.column, span.line, max(width, span.column) + 1)

    def key_span(self, path: Path, /) -> Span | None:
        spot = self._nearest(path)[1]
        return self.lines.span(spot.key_start, spot.key_end)

    def extent(self, path: Path, /) -> Span | None:
        spot = self._nearest(path)[1]
        return self.lines.span(min(spot.key_start, spot.start), spot.end)

    def _nearest(self, path: Path) -> tuple[Path, Spot]:
        while path not in self._spots:
            path = path[:-1]
        return path, Spot(*self._spots[path])
