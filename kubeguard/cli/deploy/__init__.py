"""`kubeguard deploy`: onto a cluster, but only what is clean; a module for each command."""

from __future__ import annotations

from types import MappingProxyType

import click

from kubeguard.cli.lazy import LazyGroup


class _Commands(LazyGroup):
    package = "kubeguard.cli.deploy"
    known = MappingProxyType(
        {
            "render": "Write the manifests of the reference AI service.",
            "certificates": "Make and renew certificates of services.",
            "plan": "Tell what would change, by the cluster's own dry run.",
            "apply": "Scan, apply, wait, and scan what is there then.",
            "verify": "Scan what is on the cluster.",
            "rollback": "Bring an earlier revision back.",
            "delete": "Delete what a release made.",
        }
    )


@click.group(cls=_Commands)
def deploy() -> None:
    """Put manifests on a cluster when kubeguard finds them clean, and watch them there."""
