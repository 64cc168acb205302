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
        if self.contradicts(path, value):
            raise EditError(f"two edits contradict each other at {dotted(path)}")
        want = self
        for step in path:
            if want.value is REMOVE:
                return
            want = want.below.setdefault(step, Want())
        want.value, want.below = value, {}

    def contradicts(self, path: Path, value: object) -> bool:
        """Whether something was asked for that rules this out."""
        want = self
        for step in path:
            if want.value is not OPEN:
                return not (want.value is REMOVE and value is REMOVE)
            if step not in want.below:
                return False
            want = want.below[step]
        if want.value is OPEN:
            return not (value is REMOVE and want.removes())
        return not same(want.value, value)

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


class Wants:
    """The edits of one text, by the number of the document."""

    def __init__(self, edits: Iterable[Edit] = ()) -> None:
        self.documents: dict[int, Want] = {}
        self.add(edits)

    def add(self, edits: Iterable[Edit]) -> None:
        """Ask for all of them. Raises EditError when one contradicts what was asked before."""
        chosen = tuple(edits)
        for edit in chosen:
            want = self.documents.setdefault(edit.where.source.document, Want())
            if not edit.where.path or want.contradicts(edit.where.path, edit.value):
                place = dotted(edit.where.path) or "the whole document"
                raise EditError(f"another edit rules out this one of {place}")
        for edit in chosen:
            self.documents[edit.where.source.document].add(edit.where.path, edit.value)


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
