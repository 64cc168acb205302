"""`kubeguard webhook uninstall`: first what asks for the webhook, then the webhook."""

from __future__ import annotations

from pathlib import Path

import click

from kubeguard.cli.connecting import cluster, connection_options
from kubeguard.cli.output import say
from kubeguard.cli.webhook._options import NAMESPACE


@click.command()
@connection_options
@NAMESPACE
@click.option(
    "--wait",
    type=click.IntRange(1),
    default=180,
    show_default=True,
    help="Seconds for the namespace to go.",
)
def uninstall(kubeconfig: Path | None, context: str | None, namespace: str, wait: int) -> None:
    """Delete every object of an installation; what is not there any more is no fault."""
    there = cluster(kubeconfig, context)
    from kubeguard.webhook.installation import Installation
    from kubeguard.webhook.manifests.settings import Settings

    Installation(Settings(namespace=namespace).checked(), there, say).uninstall(wait)
