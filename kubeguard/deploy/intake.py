"""What an object needs so that it can be applied, asked for, and told apart from others."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kubeguard.errors import UsageError
from kubeguard.model.location import dotted
from kubeguard.model.node import Node
from kubeguard.policy.schema import shown

_TEXTS = ("apiVersion",), ("kind",), ("metadata", "name")


def taken(nodes: Iterable[Node]) -> list[dict[str, Any]]:
    """The objects, each with a kind and a name, and none twice.

    Raises UsageError with the place of the first that is not so.
    """
    places: dict[tuple[str, ...], Node] = {}
    for node in nodes:
        identity = (*(_text(node.at(*path)) for path in _TEXTS), _namespace(node))
        first = places.setdefault(identity, node)
        if first is not node:
            kind, name = identity[1:3]
            where = f"it is at {first.location}, too"
            raise UsageError(f"{node.location}: {kind} {name!r} is there twice", where)
    return [_without_nulls(node) for node in places.values()]


def _text(node: Node) -> str:
    if isinstance(node.value, str) and node.value:
        return node.value
    path = dotted(node.path)
    if node.value is None or node.value == "":
        hint = "by name it is found again; generateName makes another one each time"
        raise UsageError(f"{node.location}: {path} is missing", hint if "name" in path else "")
    raise UsageError(
        f"{node.location}: {path} is {shown(node.value)}, not text", "write it in quotes"
    )


def _namespace(node: Node) -> str:
    found = node["metadata"]["namespace"]
    return "" if found.value is None else _text(found)


def _without_nulls(node: Node) -> dict[str, Any]:
    """In `metadata` null is as good as nothing; labels are a mapping."""
    labels = node["metadata"]["labels"]
    if not isinstance(labels.value, dict | None):
        what = f"metadata.labels is {shown(labels.value)}, not a mapping"
        raise UsageError(f"{labels.location}: {what}")
    metadata = {key: value for key, value in node["metadata"].mapping.items() if value is not None}
    return {**node.mapping, "metadata": metadata}
