"""`kubeguard deploy delete`: what a release made, and nothing else."""

from __future__ import annotations

from pathlib import Path

import click

from kubeguard.cli.deploy._options import WAIT, asked, release_options
from kubeguard.cli.output import say


@click.command()
@release_options
@WAIT
@click.option("--yes", is_flag=True, help="Without asking.")
def delete(
    release: str,
    namespace: str,
    kubeconfig: Path | None,
    context: str | None,
    wait: int,
    yes: bool,
) -> None:
    """Delete every object that a release made, the last first; a namespace that was there stays."""
    deployment = asked(release, namespace, kubeconfig, context)
    made = deployment.made()
    if not yes:
        for name in made:
            say(f"  {name}")
        click.confirm(f"Delete these {len(made)} objects of {release}?", abort=True, err=True)
    deployment.delete(wait)
