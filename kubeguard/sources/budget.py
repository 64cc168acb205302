"""How much of an input kubeguard is willing to read; every limit is an error with a place."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Budget:
    """Generous for anything a person or a generator of manifests writes, small for an attacker."""

    bytes: int = 64 * 1024 * 1024
    depth: int = 200
    documents: int = 50_000
    nodes: int = 5_000_000
    """Scalars, mappings and lists written in one input."""
    expanded: int = 500_000
    """Nodes that aliases and merge keys of one document stand for."""
    troubles: int = 100
    """Complaints about one input; the rest is counted."""


BUDGET = Budget()
