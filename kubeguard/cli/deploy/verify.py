"""`kubeguard deploy verify`: the objects of a release as they are on the cluster now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kubeguard import api
from kubeguard.cli.deploy._options import PROFILE, asked, policy, release_options, show
from kubeguard.cli.output import say
from kubeguard.cli.scan import exit_code
from kubeguard.formats._digest import plural
from kubeguard.policy.policy import Policy

if TYPE_CHECKING:
    from kubeguard.deploy.deployment import Deployment


@click.command()
@release_options
@PROFILE
def verify(
    release: str,
    namespace: str,
    kubeconfig: Path | None,
    context: str | None,
    profile: str | None,
) -> None:
    """Scan what is on the cluster: after its defaults, its webhooks, and other people's edits.

    Exit codes are those of `kubeguard scan`; an object that is gone is 3.
    """
    deployment = asked(release, namespace, kubeconfig, context)
    raise SystemExit(verified(deployment, policy(profile)))


def verified(deployment: Deployment, chosen: Policy) -> int:
    """Judge what is there, show what is found; the exit code."""
    live = deployment.live()
    report = api.audit_objects(live, chosen)
    show(report, chosen)
    code = exit_code(report, chosen)
    if not code:
        say(f"{plural(len(live), 'object')} on the cluster: clean")
    return code
