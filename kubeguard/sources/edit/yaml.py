"""Edits of YAML and JSON: only the characters that have to change do."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from itertools import pairwise

from kubeguard.model.fix import REMOVE
from kubeguard.sources.edit import emit
from kubeguard.sources.edit.layout import Layout, Slot
from kubeguard.sources.edit.splice import (
    EditError,
    Replacement,
    line_end,
    line_start,
    without_lines,
)
from kubeguard.sources.edit.wants import Want, same
from kubeguard.sources.places import Spot

_JSON = re.compile(r'\{\s*"')
_COPIED = 10
"""Lines of a merged value that are written out to change one of them; beyond, a person decides."""


def plan(text: str, root: Spot, value: object, want: Want) -> list[Replacement]:
    """What has to be replaced in one document. Raises EditError when it cannot be done."""
    planner = _Planner(text, root)
    planner.value(root, value, want, None)
    return planner.found


class _Planner:
    """Goes down the document where something is wanted, and collects replacements."""

    def __init__(self, text: str, root: Spot) -> None:
        self.text = text
        self.layout = Layout(text, root)
        self.found: list[Replacement] = []
        self.like = '"' if _JSON.match(text, self.layout.inner(root)) else ""

    def value(self, spot: Spot, old: object, want: Want, slot: Slot | None) -> None:
        """Make the value at `spot` what is wanted; `slot` is where it hangs, None in flow style."""
        new = want.built(old)
        if same(old, new):
            return
        within = want.within(old)
        if not old or not within:
            self._replace(spot, new, slot)
        elif self.layout.is_alias(spot):
            return  # what stands there is shared: right if all who share it ask for the same
        elif isinstance(old, dict):
            self._mapping(spot, old, within, slot)
        elif isinstance(old, list):
            self._list(spot, old, within, slot)

    def _mapping(
        self,
        spot: Spot,
        old: dict[str, object],
        within: Mapping[str | int, Want],
        slot: Slot | None,
    ) -> None:
        own = self.layout.own(spot)
        wanted = {key: want for key, want in within.items() if isinstance(key, str)}
        gone = {key for key, want in wanted.items() if want.value is REMOVE and key in old}
        if gone == old.keys():
            self._replace(spot, Want(below=dict(within)).built(old), slot)
            return
        if not gone <= own.keys():
            raise EditError("a key that came in by a merge cannot be taken out")
        is_flow = self.layout.is_flow(spot)
        for key in own.keys() & wanted.keys() - gone:
            inner = None if is_flow else self.layout.slot(own[key])
            self.value(own[key], old[key], wanted[key], inner)
        added = {
            key: _copied(key, old.get(key), want)
            for key, want in wanted.items()
            if key not in own and (key in old or not want.removes())
        }
        entries = [(child, key in gone) for key, child in own.items()]
        if is_flow:
            self._in_flow(entries, added)
        else:
            self._remove_keys(entries)
            self._add_lines(spot, added)

    def _list(
        self,
        spot: Spot,
        old: list[object],
        within: Mapping[str | int, Want],
        slot: Slot | None,
    ) -> None:
        items = self.layout.items(spot)
        new = Want(below=dict(within)).built(old)
        gone = {index for index, want in within.items() if want.value is REMOVE}
        kept = {index: item for index, item in enumerate(items) if index not in gone}
        if not kept:
            self._replace(spot, new, slot)
            return
        is_flow = self.layout.is_flow(spot)
        column = self.layout.column(self.layout.inner(spot))
        for index in kept.keys() & within.keys():
            inner = None if is_flow else self.layout.item_slot(kept[index], column)
            self.value(kept[index], old[index], within[index], inner)
        added = new[len(kept) :] if isinstance(new, list) else []
        if is_flow:
            entries = [(item, index in gone) for index, item in enumerate(items)]
            self._in_flow(entries, added)
            return
        for index, item in enumerate(items):
            if index in gone:
                self._remove_item(item, column)
        self._add_lines(spot, added)

    def _add_lines(self, spot: Spot, added: object) -> None:
        """New keys or items behind the last line of a mapping or list in block style."""
        if added:
            layout = self.layout
            column = layout.column(layout.inner(spot))
            self._insert_lines(layout.end(spot), emit.block(added, column, layout.step))

    def _insert_lines(self, offset: int, lines: Sequence[str]) -> None:
        """Behind the line of an offset."""
        end = line_end(self.text, offset)
        self._put(end, end, "".join(self.layout.break_ + line for line in lines))

    def _remove_keys(self, entries: Sequence[tuple[Spot, bool]]) -> None:
        """Whole lines, except that the dash before a first key stays for the next one."""
        first = 0
        if entries and entries[0][1] and self._behind_dash(entries[0][0].key_start):
            first = next(number for number, (_, gone) in enumerate(entries) if not gone)
            start, end = entries[0][0].key_start, self.layout.end(entries[first - 1][0])
            following = entries[first][0].key_start
            if self.text[line_end(self.text, end) : following].strip():
                start, following = len(self.text[:start].rstrip()), line_end(self.text, end)
            self._put(start, following)
        for spot, gone in entries[first:]:
            if gone:
                end = self.layout.end(spot)
                self.found.append(without_lines(self.text, spot.key_start, end))

    def _behind_dash(self, offset: int) -> bool:
        return bool(self.text[line_start(self.text, offset) : offset].strip())

    def _remove_item(self, item: Spot, column: int) -> None:
        dash = self.layout.item_slot(item, column).head - 1
        if self._behind_dash(dash):
            raise EditError("a list that begins on the line of another one")
        end = max(self.layout.end(item), dash)
        self.found.append(without_lines(self.text, dash, end))

    def _in_flow(
        self, entries: Sequence[tuple[Spot, bool]], added: dict[str, object] | list[object]
    ) -> None:
        """Entries out of and into braces or brackets, each with its comma."""
        kept = [number for number, (_, gone) in enumerate(entries) if not gone]
        if not kept:
            raise EditError("a merge with nothing beside it, in braces")
        last = entries[kept[-1]][0]
        for (entry, gone), (following, _) in pairwise(entries[: kept[-1] + 1]):
            if gone:
                self._put(entry.key_start, following.key_start)
        end = max(last.end, last.key_end)
        lead, step = self.layout.lead(last)
        new = (
            [emit.pair(key, item, self.like, lead, step) for key, item in added.items()]
            if isinstance(added, dict)
            else [emit.flow(item, self.like, lead, step) for item in added]
        )
        if new:
            self._put(end, end, "".join(f",{lead or ' '}{entry}" for entry in new))
        tail = entries[-1][0]
        if kept[-1] < len(entries) - 1:
            self._put(end, max(tail.end, tail.key_end))

    def _replace(self, spot: Spot, value: object, slot: Slot | None) -> None:
        """Another value in the place of this one, on the same line where it fits there."""
        start, end = spot.start, self.layout.end(spot)
        if slot is None:
            new = emit.flow(value, self.like or self.text[start:end], *self.layout.lead(spot))
            self._replace_in_flow(spot, new)
        elif not emit.fits(value):
            self._replace_by_lines(spot, value, slot)
        elif self.layout.in_block(spot) and line_end(self.text, slot.head) < start:
            self._put(slot.head, slot.head, " " + emit.flow(value))
            self._put(line_end(self.text, slot.head), line_end(self.text, end))
        elif start == spot.end:
            self._put(slot.head, slot.head, " " + emit.flow(value))
        else:
            self._put(start, end, emit.flow(value, self.text[start:end]))

    def _replace_in_flow(self, spot: Spot, new: str) -> None:
        """In braces a value may be left out, and its colon too."""
        if spot.start < spot.end:
            self._put(spot.start, spot.end, new)
        else:
            colon = self.text.find(":", spot.key_end, spot.start)
            end = colon + 1 if colon >= 0 else spot.key_end
            self._put(end, end, f" {new}" if colon >= 0 else f": {new}")

    def _replace_by_lines(self, spot: Spot, value: object, slot: Slot) -> None:
        """A value in block style; what stands behind the old one on its line stays there."""
        layout, end = self.layout, max(self.layout.end(spot), slot.head)
        if slot.item:
            first, *others = emit.block(value, slot.column + 2, layout.step)
            text = layout.break_.join((f" {first.lstrip()}", *others))
            self._put(slot.head, end, text)
            return
        below = layout.in_block(spot) and line_end(self.text, slot.head) < spot.start
        if below:
            self._put(line_end(self.text, slot.head), line_end(self.text, end))
        elif end > slot.head:
            self._put(slot.head, end)
        column = slot.column if isinstance(value, list) else slot.column + layout.step
        self._insert_lines(end, emit.block(value, column, layout.step))

    def _put(self, start: int, end: int, text: str = "") -> None:
        self.found.append(Replacement(start, end, text))


def _copied(key: str, old: object, want: Want) -> object:
    """The value to write out for a key that is missing, or that came in by a merge."""
    new = want.built(old)
    if old is not None and len(emit.block(new, 0, 2)) > _COPIED:
        raise EditError(f"{key!r} comes from a merge and is long: change it where it stands")
    return new
