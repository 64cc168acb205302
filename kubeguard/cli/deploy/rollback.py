"""`kubeguard deploy rollback`: what was deployed before, again."""

from __future__ import annotations

import click

from kubeguard.cli.deploy._options import PROBES, PROFILE, WAIT, Target, policy, release_options


@click.command()
@release_options
@PROFILE
@WAIT
@PROBES
@click.option(
    "--to", type=click.IntRange(1), default=None, metavar="REVISION", help="Not the last before."
)
def rollback(target: Target, profile: str | None, wait: int, probes: bool, to: int | None) -> None:
    """Apply an earlier revision as a new one, and scan what runs then.

    What it has against it is told, but does not keep it back.
    """
    target.rollback(to or 0, wait)
    raise SystemExit(target.verified(policy(profile), probes))
