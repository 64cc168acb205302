"""Where every key and value of a parsed document stands in its text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from kubeguard.model.location import Path, Span
from kubeguard.model.lines import Lines


class Spot(NamedTuple):
    """Character offsets of an entry: its key (for a list item: its value) and its value."""

    key_start: int
    key_end: int
    start: int
    end: int
    below: Mapping[str, Spot] | Sequence[Spot] | None
    """The entries inside, None for a scalar."""


class TextPlaces:
    """Places (see model.location) by a tree of spots that mirrors the parsed value."""

    def __init__(self, lines: Lines, root: Spot) -> None:
        self.lines = lines
        self.root = root

    def spot(self, path: Path) -> tuple[Spot, int]:
        """The spot at `path` or at its nearest ancestor, and how many steps of it were found."""
        spot = self.root
        for depth, step in enumerate(path):
            below = spot.below
            if isinstance(step, str):
                found = below.get(step) if isinstance(below, Mapping) else None
            else:
                listed = isinstance(below, Sequence) and 0 <= step < len(below)
                found = below[step] if listed else None  # type: ignore[index]
            if found is None:
                return spot, depth
            spot = found
        return spot, len(path)

    def span(self, path: Path, /) -> Span | None:
        spot, _ = self.spot(path)
        if spot.below is None and spot.start != spot.end:
            return self.lines.span(spot.start, spot.end)
        return self._head(spot)

    def key_span(self, path: Path, /) -> Span | None:
        return self._head(self.spot(path)[0])

    def extent(self, path: Path, /) -> Span | None:
        spot, _ = self.spot(path)
        return self.lines.span(spot.key_start, max(spot.end, spot.key_end))

    def _head(self, spot: Spot) -> Span:
        """The key that names the entry; for a list item or a document, its first line."""
        if spot.key_end > spot.key_start and (spot.key_start, spot.key_end) != (
            spot.start,
            spot.end,
        ):
            return self.lines.span(spot.key_start, spot.key_end)
        span = self.lines.span(spot.start, spot.end)
        if span.end_line == span.line:
            return span
        width = len(self.lines.line(span.line).rstrip())
        return Span(span.line, span.column, span.line, max(width + 1, span.column + 1))
