"""`kubeguard deploy verify`: a release as it runs now."""

from __future__ import annotations

import click

from kubeguard.cli.deploy._options import PROBES, PROFILE, Target, policy, release_options


@click.command()
@release_options
@PROFILE
@PROBES
def verify(target: Target, profile: str | None, probes: bool) -> None:
    """Scan what runs: after a cluster's defaults, its webhooks, and other people's edits.

    Then ask the containers themselves, one pod of each workload: none should be able to write its
    root file system, read a token that it was not given, or reach the metadata service. Exit codes
    are those of `kubeguard scan`; an object that is gone is 3, a container that cannot be asked is
    told. What was changed in containers of a Compose project is 1.
    """
    raise SystemExit(target.verified(policy(profile), probes))
