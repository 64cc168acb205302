"""Which engine evaluates: the one that ships, the program `opa`, or a server."""

from __future__ import annotations

from kubeguard.policy.sources import EngineChoice
from kubeguard.rego.engine import Engine


def start(choice: EngineChoice) -> Engine:
    """The engine that the user chose; it starts what it needs when it is first asked."""
    from kubeguard.rego.workers import Workers

    return Workers(choice)
