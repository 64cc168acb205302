"""An object that says in the words of Kubernetes what a text says in its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from kubeguard.model.finding import Problem


class Translation(Protocol):
    """Knows what in the text each field of the object stands for."""

    def told(self, problem: Problem, /) -> Problem | None:
        """The problem at its place in the text; None for what the text has no words for."""


class Untold:
    """The translation of an object whose text another process has."""

    def told(self, _: Problem, /) -> Problem | None:
        return None


UNTOLD = Untold()
