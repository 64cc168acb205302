"""`kubeguard webhook install`: into a cluster, in an order in which nobody is locked out."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from kubeguard.cli.connecting import cluster, connection_options
from kubeguard.cli.output import say
from kubeguard.cli.webhook._options import settings, settings_options
from kubeguard.errors import UsageError


@click.command()
@connection_options
@settings_options
@click.option(
    "--wait", type=click.IntRange(1), default=180, show_default=True, help="Seconds for each step."
)
def install(kubeconfig: Path | None, context: str | None, wait: int, **chosen: Any) -> None:
    """Apply every object, wait until the webhook answers, and only then have it asked.

    The same command again brings a change, or goes on from where it was interrupted.
    """
    if not chosen["image"]:
        raise UsageError(
            "--image is missing: the image of kubeguard, from a registry of yours",
            "docker build -t REGISTRY/kubeguard . && docker push REGISTRY/kubeguard",
        )
    wanted = settings(**chosen)
    there = cluster(kubeconfig, context)
    from kubeguard.webhook.installation import Installation

    Installation(wanted, there, say).install(wait)
