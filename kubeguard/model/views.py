"""The root of everything a check can be asked about."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from kubeguard.model.node import Node


class View:
    """One typed angle on a target; `parts` are the smaller views inside it."""

    __slots__ = ("get", "node")

    def __init__(self, node: Node) -> None:
        self.node = node
        self.get: Final[Callable[..., object]] = node.get
        """The bare value at a path below this view, None when missing."""

    def parts(self) -> Iterator[View]:
        return iter(())
