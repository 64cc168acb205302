"""Where every key and value of a parsed document stands in its text."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from kubeguard.model.lines import Lines
from kubeguard.model.location import Path, Span


class Spot(NamedTuple):
    """Character offsets of an entry: its key (for a list item: its value) and its value."""

    key_start: int
    key_end: int
    start: int
    end: int
    below: Mapping[str, Entry] | Sequence[Entry] | None
    """The entries inside, None for a scalar."""


Entry = Spot | int
"""A spot, or that of a scalar packed into one integer: most entries are scalars, and this is a
fifth of the memory. Inputs are bounded to 2**26 bytes, so every offset has its 27 bits."""
_BITS = 27
_MASK = (1 << _BITS) - 1


def packed(key_start: int, key_end: int, start: int, end: int) -> int:
    """The spot of a scalar in one integer."""
    return ((key_start << _BITS | key_end) << _BITS | start) << _BITS | end


def unpacked(entry: Entry) -> Spot:
    """The spot of any entry."""
    if isinstance(entry, Spot):
        return entry
    key_start, key_end = entry >> 3 * _BITS, entry >> 2 * _BITS & _MASK
    return Spot(key_start, key_end, entry >> _BITS & _MASK, entry & _MASK, None)


_BLOCK_HEADER = re.compile(r"(?:[&!][^\s]*[ \t]+)*[|>][^\r\n]*")


class TextPlaces:
    """Places (see model.location) by a tree of spots that mirrors the parsed value."""

    def __init__(self, lines: Lines, root: Entry) -> None:
        self.lines = lines
        self.root = unpacked(root)

    def spot(self, path: Path) -> Spot:
        """The spot at `path` or at its nearest ancestor that is in the text."""
        spot: Entry = self.root
        for step in path:
            below = spot.below if isinstance(spot, Spot) else None
            found: Entry | None = None
            if type(below) is dict:
                found = below.get(step)
            elif type(below) is list and isinstance(step, int) and 0 <= step < len(below):
                found = below[step]
            if found is None:
                break
            spot = found
        return unpacked(spot)

    def span(self, path: Path, /) -> Span | None:
        spot = self.spot(path)
        if spot.below is None and spot.start != spot.end:
            return self.lines.span(spot.start, spot.end)
        return self._head(spot)

    def key_span(self, path: Path, /) -> Span | None:
        return self._head(self.spot(path))

    def extent(self, path: Path, /) -> Span | None:
        spot = self.spot(path)
        return self.lines.span(spot.key_start, max(spot.end, spot.key_end))

    def starting(self, line: int, /) -> tuple[Path, ...]:
        starts = self.lines.starts
        if not 1 <= line <= len(starts):
            return ()
        first = starts[line - 1]
        after = starts[line] if line < len(starts) else len(self.lines.text)
        found: list[Path] = []
        level: list[tuple[Path, Spot]] = [((), self.root)]
        while level:
            found += [path for path, spot in level if first <= _start(spot) < after]
            level = [
                ((*path, key), child)
                for path, spot in level
                if _start(spot) < after and first <= max(spot.end, spot.key_end)
                for key, child in _entries(spot, first, after)
            ]
        return tuple(found)

    def is_comment(self, line: int, column: int, /) -> bool:
        """Everything outside keys and scalars, and the rest of a block scalar's first line."""
        offset = self.lines.starts[line - 1] + column - 1
        level = [self.root]
        while level:
            if any(self._quotes(spot, offset) for spot in level):
                return False
            level = [
                child
                for spot in level
                if spot.start <= offset < spot.end
                for _, child in _entries(spot, offset, offset + 1)
            ]
        return True

    def _quotes(self, spot: Spot, offset: int) -> bool:
        """Whether the character belongs to the key or to the scalar of an entry."""
        if spot.key_start <= offset < spot.key_end:
            return True
        if spot.below is not None or not spot.start <= offset < spot.end:
            return False
        header = _BLOCK_HEADER.match(self.lines.text, spot.start)
        return header is None or offset >= header.end()

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


def _start(spot: Spot) -> int:
    """Where the entry begins: at its key, or at its value when nothing names it."""
    return spot.key_start if spot.key_end > spot.key_start else spot.start


def _entries(spot: Spot, first: int, after: int) -> Iterator[tuple[str | int, Spot]]:
    """The entries inside; of a list only those that may reach into a range of offsets."""
    below = spot.below
    if isinstance(below, Mapping):
        yield from ((key, unpacked(entry)) for key, entry in below.items())
    elif below is not None:
        low = bisect_right(below, first, key=lambda entry: unpacked(entry).start) - 1
        for index in range(max(low, 0), len(below)):
            item = unpacked(below[index])
            if item.start >= after:
                break
            yield index, item
