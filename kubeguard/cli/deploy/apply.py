"""`kubeguard deploy apply`: only what is clean, and only when it stays so."""

from __future__ import annotations

import click

from kubeguard.cli.deploy._options import (
    FILES,
    PROBES,
    PROFILE,
    WAIT,
    Target,
    policy,
    release_options,
)


@click.command()
@release_options
@FILES
@PROFILE
@WAIT
@PROBES
def apply(
    target: Target, files: tuple[str, ...], profile: str | None, wait: int, probes: bool
) -> None:
    """Scan what is in the files, apply it, wait until it runs, and scan what has become of it.

    Nothing is applied when the scan does not pass. What was interrupted is finished by the same
    command again; what an earlier revision had besides is deleted.
    """
    chosen = policy(profile)
    target.apply(files, chosen, wait)
    raise SystemExit(target.verified(chosen, probes))
