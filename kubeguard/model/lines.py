"""From character offsets to the lines and columns that editors show."""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Sequence
from functools import cached_property

from kubeguard.model.location import Span

_BREAK = re.compile(r"\r\n|\r|\n")


class Lines:
    """The line table of one text: `\\n`, `\\r\\n` and `\\r` end a line, as they do in editors."""

    def __init__(self, text: str) -> None:
        self.text = text

    @cached_property
    def starts(self) -> Sequence[int]:
        """The offset of each line, eight bytes each: a fifth of what a list takes."""
        return array("Q", [0, *[found.end() for found in _BREAK.finditer(self.text)]])

    def position(self, offset: int) -> tuple[int, int]:
        """The 1-based line and column of a character offset."""
        line = bisect_right(self.starts, offset)
        return line, offset - self.starts[line - 1] + 1

    def span(self, start: int, end: int) -> Span:
        return Span(*self.position(start), *self.position(end))

    def line(self, number: int) -> str:
        """The text of a 1-based line without its break; '' outside the text."""
        if not 1 <= number <= len(self.starts):
            return ""
        start = self.starts[number - 1]
        end = self.starts[number] if number < len(self.starts) else len(self.text)
        return self.text[start:end].rstrip("\r\n")
