"""`kubeguard deploy apply`: only what is clean, and only when it stays so."""

from __future__ import annotations

from pathlib import Path

import click

from kubeguard.cli.deploy._options import (
    FILES,
    PROBES,
    PROFILE,
    WAIT,
    asked,
    gate,
    manifests,
    policy,
    release_options,
)
from kubeguard.cli.deploy.verify import verified


@click.command()
@release_options
@FILES
@PROFILE
@WAIT
@PROBES
def apply(
    release: str,
    namespace: str,
    kubeconfig: Path | None,
    context: str | None,
    files: tuple[str, ...],
    profile: str | None,
    wait: int,
    probes: bool,
) -> None:
    """Scan the manifests, apply them, wait until they run, and scan what the cluster made of them.

    Nothing is applied when the scan does not pass. What was interrupted is finished by the same
    command again; what an earlier revision had besides is deleted.
    """
    chosen = policy(profile)
    wanted = manifests(files)
    gate(files, chosen)
    deployment = asked(release, namespace, kubeconfig, context)
    deployment.apply(wanted, wait)
    raise SystemExit(verified(deployment, chosen, probes))
