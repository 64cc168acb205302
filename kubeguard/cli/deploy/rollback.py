"""`kubeguard deploy rollback`: what was deployed before, again."""

from __future__ import annotations

from pathlib import Path

import click

from kubeguard.cli.deploy._options import PROBES, PROFILE, WAIT, asked, policy, release_options
from kubeguard.cli.deploy.verify import verified


@click.command()
@release_options
@PROFILE
@WAIT
@PROBES
@click.option(
    "--to", type=click.IntRange(1), default=None, metavar="REVISION", help="Not the last before."
)
def rollback(
    release: str,
    namespace: str,
    kubeconfig: Path | None,
    context: str | None,
    profile: str | None,
    wait: int,
    probes: bool,
    to: int | None,
) -> None:
    """Apply an earlier revision as a new one, and scan it on the cluster.

    What it has against it is told, but does not keep it back.
    """
    deployment = asked(release, namespace, kubeconfig, context)
    deployment.rollback(to or 0, wait)
    raise SystemExit(verified(deployment, policy(profile), probes))
