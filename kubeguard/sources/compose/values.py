"""The forms in which Compose takes one and the same thing."""

from __future__ import annotations

import shlex
from collections.abc import Iterator

from kubeguard.model.node import Node

_TRUE = ("true", "yes", "y", "on")


def is_true(value: object) -> bool:
    """Compose takes a boolean as a word too."""
    return value is True or (isinstance(value, str) and value.lower() in _TRUE)


def pairs(node: Node, separators: str = "=") -> Iterator[tuple[str, object, Node]]:
    """Name, value (None when there is none) and place of `NAME=value` items or of a mapping."""
    for name, each in node.items():
        yield name, each.value, each
    for each in node:
        at = min((each.text.find(s) for s in separators if s in each.text), default=-1)
        if at >= 0:
            yield each.text[:at], each.text[at + 1 :], each
        elif each.text:
            yield each.text, None, each


def texts(node: Node) -> Iterator[Node]:
    """The texts of a list, or the one text in its place."""
    if node.text:
        yield node
    yield from (each for each in node if each.text)


def words(value: object) -> list[object]:
    """A command as a list; one that is a text is split as a shell would."""
    if isinstance(value, list):
        return value
    if not isinstance(value, str):
        return []
    try:
        return [*shlex.split(value)]
    except ValueError:
        return [value]


def amount(value: object) -> str | None:
    """A size or a share as a quantity; None when it sets no limit, as nothing and 0 do."""
    if value is None or isinstance(value, bool | dict | list):
        return None
    text = str(value).strip()
    return None if text.rstrip("bBkKmMgGtT").strip("0.") == "" else text
