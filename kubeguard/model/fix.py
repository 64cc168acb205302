"""What would make a problem go away, as edits that every writer applies in the same way."""

from __future__ import annotations

from enum import Enum
from typing import Final, NamedTuple

from kubeguard.model.location import dotted
from kubeguard.model.node import Node


class Grade(Enum):
    """How far a fix may be trusted without reading it."""

    SAFE = "safe"
    """Keeps the workload working as it did."""
    UNSAFE = "unsafe"
    """Right, but the workload may depend on what it takes away."""
    SHOW = "show"
    """Advice only: the value has to come from a person."""


class _Remove(Enum):
    REMOVE = 0


REMOVE: Final = _Remove.REMOVE


class Edit(NamedTuple):
    """In YAML: give `where` this value, creating it and its parents where missing, or REMOVE it.

    In a Dockerfile: replace the text of the word or instruction `where`, or REMOVE it; a `value`
    that ends in a newline, on an instruction, is inserted before it instead.
    """

    where: Node
    value: object


class Fix(NamedTuple):
    """A one-line hint, and the edits that carry it out (none when a person has to decide)."""

    hint: str
    grade: Grade = Grade.SHOW
    edits: tuple[Edit, ...] = ()


def advise(hint: str) -> Fix:
    """Tell the reader what to do; nothing is edited."""
    return Fix(hint)


def put(where: Node, value: object, *, grade: Grade = Grade.SAFE, hint: str = "") -> Fix:
    """Give the place this value."""
    shown = str(value).lower() if isinstance(value, bool) else str(value)
    return Fix(hint or f"set {_short(where)}: {shown}", grade, (Edit(where, value),))


def drop(where: Node, *, grade: Grade = Grade.UNSAFE, hint: str = "") -> Fix:
    """Take the key or the list item out."""
    return Fix(hint or f"remove {_short(where)}", grade, (Edit(where, REMOVE),))


def _short(where: Node) -> str:
    """The last names of a path: enough for a reader who sees the line."""
    start = max(len(where.path) - 2, 0)
    while start and isinstance(where.path[start], int):
        start -= 1
    return dotted(where.path[start:])
