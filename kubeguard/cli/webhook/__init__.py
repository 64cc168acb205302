"""`kubeguard webhook`: the same verdict in the cluster, a module for each command."""

from __future__ import annotations

from types import MappingProxyType

import click

from kubeguard.cli.lazy import LazyGroup


class _Commands(LazyGroup):
    package = "kubeguard.cli.webhook"
    known = MappingProxyType(
        {
            "serve": "Answer the API server.",
            "replay": "Tell what it would have answered to recorded reviews.",
            "manifests": "Write what an installation consists of.",
            "install": "Bring it into a cluster.",
            "status": "Tell whether it does its work there.",
            "uninstall": "Take it away again.",
            "guard": "Let requests pass while no webhook answers.",
        }
    )


@click.group(cls=_Commands)
def webhook() -> None:
    """Judge what is asked of a cluster."""
