"""Where every key and value of a parsed document stands in its text."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
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
        self._heads: dict[tuple[int, int], Span] = {}

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
        after = starts[line] if line < len(starts) else len(self.lines.text) + 1
        low, high = (bisect_left(self._index.entries, (at,)) for at in (first, after))
        found = [path for _, path in self._index.entries[low:high]]
        return tuple(sorted(found, key=len))

    def is_comment(self, line: int, column: int, /) -> bool:
        """Everything outside keys and scalars, and the rest of a block scalar's first line."""
        offset = self.lines.starts[line - 1] + column - 1
        quoted = self._index.quoted
        number = bisect_right(quoted, (offset, self._index.end)) - 1
        return number < 0 or offset >= quoted[number][1]

    @cached_property
    def _index(self) -> _Index:
        return _Index(self.root, self.lines.text)

    def _head(self, spot: Spot) -> Span:
        """The key that names the entry; for a list item or a document, its first line.

        Made once: every setting that a container lacks is told at the same place.
        """
        found = self._heads.get((spot.key_start, spot.start))
        if found is None:
            found = self._heads[spot.key_start, spot.start] = self._made(spot)
        return found

    def _made(self, spot: Spot) -> Span:
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


class _Index:
    """All entries of a document by where they stand, so that ten thousand comments are no square.

    What an alias or a merge key brings in stands elsewhere, under its own path.
    """

    def __init__(self, root: Spot, text: str) -> None:
        self.end = len(text) + 1
        self.entries: list[tuple[int, Path]] = []
        """Where each entry begins: at its key, or at its value when nothing names it."""
        self.quoted: list[tuple[int, int]] = []
        """From where to where keys and scalars are: no comment begins in there."""
        stack: list[tuple[Path, Spot]] = [((), root)]
        while stack:
            path, spot = stack.pop()
            named = spot.key_end > spot.key_start
            self.entries.append((spot.key_start if named else spot.start, path))
            if named:
                self.quoted.append((spot.key_start, spot.key_end))
            if spot.below is None:
                header = _BLOCK_HEADER.match(text, spot.start)
                self.quoted.append((header.end() if header else spot.start, spot.end))
            stack += (
                ((*path, key), child)
                for key, child in _entries(spot)
                if spot.start <= child.start < max(spot.end, spot.start + 1)
            )
        self.entries.sort(key=lambda entry: (entry[0], len(entry[1])))
        self.quoted.sort()


def _entries(spot: Spot) -> Iterator[tuple[str | int, Spot]]:
    below = spot.below
    if isinstance(below, Mapping):
        yield from ((key, unpacked(entry)) for key, entry in below.items())
    elif below is not None:
        yield from ((index, unpacked(entry)) for index, entry in enumerate(below))
