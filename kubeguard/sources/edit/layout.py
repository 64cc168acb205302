"""How a document is laid out on its lines: where things begin, end and hang."""

from __future__ import annotations

import re
from typing import NamedTuple

from kubeguard.sources.edit.splice import EditError, line_break, line_end, line_start
from kubeguard.sources.places import Spot, unpacked

_PROPERTIES = re.compile(r"(?:[&!][^\s,\[\]{}]*\s+(?:#[^\r\n]*\s+)*)*")
_COLON = re.compile(r"[ \t]*:")
_DEFAULT_STEP = 2


class Slot(NamedTuple):
    """Where a value in block style hangs: behind the colon or dash that ends at `head`.

    `column` (zero-based) is that of its key or dash.
    """

    head: int
    column: int
    item: bool = False


class Layout:
    """One document of a text, whose lines end with `break_` and whose levels are `step` wide."""

    def __init__(self, text: str, root: Spot) -> None:
        self.text = text
        self.break_ = line_break(text)
        self.step = _DEFAULT_STEP
        own = self.own(root).values()
        if self.is_flow(root):
            starts = [child.key_start for child in own if self.lead(child)[0]]
        else:
            starts = [self.inner(child) for child in own if self.in_block(child)]
        columns = [self.column(start) for start in starts if text[start] != "-"]
        self.step = next((column for column in columns if column > 0), self.step)

    def inner(self, spot: Spot) -> int:
        """Where the value begins behind its anchor and tag."""
        found = _PROPERTIES.match(self.text, spot.start)
        return found.end() if found else spot.start

    def is_flow(self, spot: Spot) -> bool:
        """Whether a mapping or list is written in braces or brackets."""
        return self.text[self.inner(spot)] in "{["

    def is_alias(self, spot: Spot) -> bool:
        return self.text.startswith("*", spot.start)

    def in_block(self, spot: Spot) -> bool:
        """Whether it is a mapping or list that is written here with keys or dashes on lines."""
        return spot.below is not None and not self.is_alias(spot) and not self.is_flow(spot)

    def own(self, spot: Spot) -> dict[str, Spot]:
        """The entries of a mapping in the order of the text, without those of merges."""
        if not isinstance(spot.below, dict):
            return {}
        inside = {key: unpacked(entry) for key, entry in spot.below.items()}
        column = None if self.is_flow(spot) else self.column(self.inner(spot))
        return {
            key: child
            for key, child in sorted(inside.items(), key=lambda item: item[1].key_start)
            if spot.start <= child.key_start < spot.end
            and column in (None, self.column(child.key_start))
        }

    def items(self, spot: Spot) -> list[Spot]:
        """The items of a list."""
        return [unpacked(entry) for entry in spot.below] if isinstance(spot.below, list) else []

    def lead(self, entry: Spot) -> tuple[str, str]:
        """The break and indentation before an entry on a line of its own, and one step of it."""
        start = line_start(self.text, entry.key_start)
        indent = self.text[start : entry.key_start]
        if not start or indent.strip():
            return "", ""
        return self.break_ + indent, "\t" if indent[:1] == "\t" else " " * self.step

    def column(self, offset: int) -> int:
        """The zero-based column of an offset."""
        return offset - line_start(self.text, offset)

    def end(self, spot: Spot) -> int:
        """Behind the last character of an entry, where the parser counts what follows as well."""
        if not self.in_block(spot):
            written = self.text[spot.start : spot.end].rstrip()
            return max(spot.start + len(written), spot.key_end)
        entries = list(self.own(spot).values()) or self.items(spot)
        end = max((self.end(entries[-1]) if entries else self.inner(spot)), self.inner(spot))
        return end if isinstance(spot.below, list) else self._behind_merges(end, spot.end)

    def _behind_merges(self, start: int, stop: int) -> int:
        """What is no comment behind the last key that has a spot is a merge."""
        end, line = start, line_end(self.text, start)
        while line < stop:
            first = line + len(self.break_)
            line = line_end(self.text, first)
            written = self.text[first : min(line, stop)].strip()
            if written and written[0] != "#":
                end = line
        return end

    def slot(self, spot: Spot) -> Slot:
        """Where the value of a key hangs."""
        colon = _COLON.match(self.text, spot.key_end)
        if colon is None:
            raise EditError("a key whose colon stands on another line")
        return Slot(colon.end(), self.column(spot.key_start))

    def item_slot(self, item: Spot, column: int) -> Slot:
        """Where an item hangs in a list whose dashes stand at `column`."""
        line = line_start(self.text, item.start)
        while self.text[line + column : line + column + 1] != "-" or line + column >= item.start:
            if not line:
                raise EditError("a list item without a dash")
            line = line_start(self.text, line - 1)
        return Slot(line + column + 1, column, item=True)
