"""How much of an input kubeguard is willing to read; every limit is an error with a place."""

from __future__ import annotations

from typing import NamedTuple

from kubeguard.model.trouble import TroubleKind


class Budget(NamedTuple):
    """Generous for anything a person or a generator of manifests writes, small for an attacker."""

    bytes: int = 64 * 1024 * 1024
    depth: int = 200
    documents: int = 50_000
    nodes: int = 3_000_000
    """Scalars, mappings and lists written in one input."""
    expanded: int = 500_000
    """Nodes that aliases and merge keys of one document stand for."""
    troubles: int = 100
    """Duplicate keys, unknown tags and broken documents that are listed; the rest is counted."""


BUDGET = Budget()


class Tally:
    """Lists as many complaints about one input as its budget allows, and counts the others."""

    def __init__(self, budget: Budget) -> None:
        self._left = budget.troubles
        self.others = 0
        self.first_other: tuple[TroubleKind, int] | None = None
        """What the first complaint that is not listed is, and the character offset of its place."""

    def admits(self, kind: TroubleKind, offset: int) -> bool:
        """Whether there is room for one more; counted in any case."""
        if self._left:
            self._left -= 1
            return True
        self.others += 1
        self.first_other = self.first_other or (kind, offset)
        return False
