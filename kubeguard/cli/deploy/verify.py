"""`kubeguard deploy verify`: the objects of a release as they are on the cluster now."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from kubeguard import api
from kubeguard.cli.deploy._options import PROBES, PROFILE, asked, policy, release_options, show
from kubeguard.cli.output import note, say
from kubeguard.cli.scan import exit_code
from kubeguard.formats._digest import plural
from kubeguard.policy.policy import Policy

if TYPE_CHECKING:
    from kubeguard.deploy.deployment import Deployment


@click.command()
@release_options
@PROFILE
@PROBES
def verify(
    release: str,
    namespace: str,
    kubeconfig: Path | None,
    context: str | None,
    profile: str | None,
    probes: bool,
) -> None:
    """Scan what is on the cluster: after its defaults, its webhooks, and other people's edits.

    Then ask the containers themselves, one pod of each workload: none should be able to write its
    root file system, read a token that it was not given, or reach the metadata service. Exit codes
    are those of `kubeguard scan`; an object that is gone is 3, a container that cannot be asked is
    told.
    """
    deployment = asked(release, namespace, kubeconfig, context)
    raise SystemExit(verified(deployment, policy(profile), probes))


def verified(deployment: Deployment, chosen: Policy, probes: bool) -> int:
    """Judge what is there, show what is found; the exit code."""
    live = deployment.live()
    report = api.audit_objects(live, chosen)
    probed = ""
    if probes:
        from kubeguard.deploy.probing import problems

        probing = deployment.probe(live)
        found = problems(probing, report, api.checks_of(chosen), chosen)
        report = api.audit_objects(live, chosen, found)
        probed = f", {plural(probing.answered, 'container')} probed"
        for each in probing.notes:
            note(each)
    show(report, chosen)
    code = exit_code(report, chosen)
    if not code:
        word = "passed" if any(finding.counts for finding in report.findings) else "clean"
        say(f"{plural(len(live), 'object')} on the cluster: {word}{probed}")
    return code
