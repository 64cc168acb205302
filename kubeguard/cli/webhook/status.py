"""`kubeguard webhook status`: is it there, and does it judge?"""

from __future__ import annotations

from pathlib import Path

import click

from kubeguard.cli.connecting import cluster, connection_options
from kubeguard.cli.output import say
from kubeguard.cli.webhook._options import NAMESPACE
from kubeguard.formats._printable import printable


@click.command()
@connection_options
@NAMESPACE
def status(kubeconfig: Path | None, context: str | None, namespace: str) -> None:
    """Tell what there is of an installation, and whether requests are judged: exit code 1 if not.

    For that, a privileged pod is created in the namespace default, as a dry run.
    """
    there = cluster(kubeconfig, context)
    from kubeguard.webhook.installation import Installation
    from kubeguard.webhook.manifests.settings import Settings

    installation = Installation(Settings(namespace=namespace).checked(), there, say)
    well = True
    for line in installation.status():
        say(f"{'ok ' if line.well else 'BAD'} {printable(line.text)}")
        well = well and line.well
    raise SystemExit(0 if well else 1)
