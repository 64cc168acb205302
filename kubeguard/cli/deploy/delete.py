"""`kubeguard deploy delete`: what a release made, and nothing else."""

from __future__ import annotations

import click

from kubeguard.cli.deploy._options import WAIT, Target, release_options
from kubeguard.cli.output import say


@click.command()
@release_options
@WAIT
@click.option("--volumes", is_flag=True, help="Also the data in the volumes of a Compose project.")
@click.option("--yes", is_flag=True, help="Without asking.")
def delete(target: Target, wait: int, volumes: bool, yes: bool) -> None:
    """Delete everything that a release made, the last first; a namespace that was there stays."""
    made = target.made(volumes)
    if not yes:
        for name in made:
            say(f"  {name}")
        click.confirm(f"Delete these {len(made)} objects?", abort=True, err=True)
    target.delete(wait, volumes)
