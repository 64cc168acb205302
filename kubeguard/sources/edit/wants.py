"""What a document shall say: edits as one tree, so that what belongs together is written once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final

from kubeguard.model.fix import REMOVE, Edit
from kubeguard.model.location import Path, dotted
from kubeguard.sources.edit.splice import EditError

OPEN: Final = object()


@dataclass(slots=True, eq=False)
class Want:
    """A value (or REMOVE) for this place; OPEN leaves it alone and asks for something `below`."""

    value: object = OPEN
    below: dict[str | int, Want] = field(default_factory=dict)

    def add(self, path: Path, value: object) -> None:
        """Ask for a value at a path. Raises EditError when something else was asked for."""
        want = self
        for step in path:
            if want.value is REMOVE and value is REMOVE:
                return
            if want.value is not OPEN:
                raise EditError(f"{dotted(path)} lies inside a value that another edit replaces")
            want = want.below.setdefault(step, Want())
        removes = value is REMOVE and all(map(Want.removes, want.below.values()))
        if (want.below and not removes) or not (want.value is OPEN or same(want.value, value)):
            raise EditError(f"two edits want different values for {dotted(path)}")
        want.value, want.below = value, {}

    def removes(self) -> bool:
        """Whether nothing but removals is asked for, here or below."""
        if self.value is not OPEN:
            return self.value is REMOVE
        return all(map(Want.removes, self.below.values()))

    def within(self, old: object) -> Mapping[str | int, Want] | None:
        """What is asked of the entries of a mapping or list that stays; None when it does not."""
        if self.value is OPEN:
            return self.below
        new, asked = self.value, dict[str | int, Want]()
        if isinstance(old, dict) and isinstance(new, dict) and old and new:
            asked.update((key, Want(REMOVE)) for key in old if key not in new)
            asked.update((key, Want(value)) for key, value in new.items())
        elif isinstance(old, list) and isinstance(new, list) and old and new:
            asked.update((index, Want(REMOVE)) for index in range(len(new), len(old)))
            asked.update((index, Want(value)) for index, value in enumerate(new))
        return asked or None

    def built(self, old: object = None) -> object:
        """The value, when `old` stood here before. Raises EditError when it is of another type."""
        if self.value is not OPEN:
            return self.value
        if not self.below or (old is None and self.removes()):
            return old
        if old is None:
            old = {} if all(isinstance(key, str) for key in self.below) else []
        if isinstance(old, dict):
            return self._mapping(old)
        if isinstance(old, list):
            return self._list(old)
        raise EditError("a value inside something that is neither a mapping nor a list")

    def _mapping(self, old: dict[str, object]) -> dict[str, object]:
        new = dict(old)
        for key, want in self.below.items():
            if not isinstance(key, str):
                raise EditError(f"a mapping where a list with an item {key} was expected")
            if want.value is REMOVE:
                new.pop(key, None)
            elif key in old or not want.removes():
                new[key] = want.built(old.get(key))
        return new

    def _list(self, old: list[object]) -> list[object]:
        if not all(isinstance(key, int) for key in self.below):
            raise EditError("a list where a mapping was expected")
        new = [
            self.below[index].built(item) if index in self.below else item
            for index, item in enumerate(old)
        ]
        beyond = sorted(key for key in self.below if isinstance(key, int) and key >= len(old))
        new += [self.below[key].built() for key in beyond if not self.below[key].removes()]
        return [item for item in new if item is not REMOVE]


def collected(edits: Iterable[Edit]) -> dict[int, Want]:
    """The edits of one text by the number of the document. Raises EditError on contradictions."""
    wants: dict[int, Want] = {}
    for edit in edits:
        if not edit.where.path:
            raise EditError("a document is not replaced as a whole")
        wants.setdefault(edit.where.source.document, Want()).add(edit.where.path, edit.value)
    return wants


def same(first: object, second: object) -> bool:
    """Equal as JSON: true is not 1, the order of keys is nothing."""
    if first is second:
        return True
    if isinstance(first, dict) and isinstance(second, dict):
        return first.keys() == second.keys() and all(same(first[k], second[k]) for k in first)
    if isinstance(first, list) and isinstance(second, list):
        return len(first) == len(second) and all(map(same, first, second))
    if isinstance(first, bool) or isinstance(second, bool):
        return False
    return first == second or (first != first and second != second)
