"""The root of everything a check can be asked about."""

from __future__ import annotations

from collections.abc import Iterator

from kubeguard.model.node import Node


class View:
    """One typed angle on a target; `parts` are the smaller views inside it."""

    __slots__ = ("node",)

    def __init__(self, node: Node) -> None:
        self.node = node

    def parts(self) -> Iterator[View]:
        return iter(())

    def get(self, *path: str | int) -> object:
        """The bare value at `path` below this view, None when missing."""
        return self.node.get(*path)
