"""Which engine evaluates: the one that ships, the program `opa`, or a server."""

from __future__ import annotations

from kubeguard.errors import UsageError
from kubeguard.policy.sources import EngineChoice
from kubeguard.rego.engine import Engine


def start(choice: EngineChoice) -> Engine:
    """The engine that the user chose; it starts what it needs when it is first asked.

    Raises UsageError when a package is missing that it needs.
    """
    if choice.engine == "opa":
        from kubeguard.rego.engines.opa import Opa

        return Opa(choice)
    if choice.engine == "server":
        return _server(choice)
    from kubeguard.rego.engines.workers import Workers

    return Workers(choice)


def _server(choice: EngineChoice) -> Engine:
    try:
        from kubeguard.rego.engines.server import Server
    except ModuleNotFoundError as error:
        missing = f"a server is asked by the package opa-python-client: {error}"
        raise UsageError(missing, "pip install 'kubeguard[opa]'") from None
    return Server(choice)
