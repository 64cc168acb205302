"""A text cut out of another one that still knows where each of its characters came from."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from typing import NamedTuple


class Piece(NamedTuple):
    """A run of text and the offsets it stands for in the original.

    As long as its place, it is taken over letter by letter; of another length (the value of a
    variable, a decoded escape) each of its letters stands for the whole place.
    """

    text: str
    start: int
    end: int


class Mapped:
    """Pieces joined; `span` leads from offsets in `text` back to offsets in the original."""

    __slots__ = ("_pieces", "_starts", "text")

    def __init__(self, pieces: Sequence[Piece]) -> None:
        self._pieces = pieces
        if len(pieces) == 1:
            self.text = pieces[0].text
            self._starts = [0]
            return
        self.text = "".join([piece.text for piece in pieces])
        self._starts = []
        length = 0
        for piece in pieces:
            self._starts.append(length)
            length += len(piece.text)

    @classmethod
    def whole(cls, text: str, start: int = 0) -> Mapped:
        """A text taken over as it is from `start` on."""
        return cls((Piece(text, start, start + len(text)),))

    def span(self, start: int, end: int) -> tuple[int, int]:
        """The original offsets of `text[start:end]`; an empty range is an empty place."""
        first = self._origin(start)[0]
        return (first, self._origin(end - 1)[1]) if end > start else (first, first)

    def _origin(self, offset: int) -> tuple[int, int]:
        if not self._pieces:
            return 0, 0
        index = bisect_right(self._starts, offset) - 1
        text, start, end = self._pieces[index]
        if len(text) != end - start:
            return start, end
        within = start + offset - self._starts[index]
        return within, within + 1

    def slice(self, start: int, end: int) -> Mapped:
        """A part of it, mapped to the same original."""
        return Mapped(self.pieces(start, end))

    def pieces(self, start: int, end: int) -> list[Piece]:
        """What `text[start:end]` is made of."""
        pieces: list[Piece] = []
        at = max(bisect_right(self._starts, start) - 1, 0)
        for (text, origin, stop), begin in zip(self._pieces[at:], self._starts[at:], strict=True):
            if begin >= end:
                break
            low, high = max(start - begin, 0), min(end - begin, len(text))
            if len(text) == stop - origin:
                origin, stop = origin + low, origin + high
            pieces.append(Piece(text[low:high], origin, stop))
        return pieces
