"""`kubeguard deploy certificates`: for services that speak TLS among themselves."""

from __future__ import annotations

import re
from pathlib import Path

import click

from kubeguard.cli.connecting import cluster, connection_options
from kubeguard.cli.output import say
from kubeguard.errors import UsageError

_DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?")


@click.command()
@click.argument("services", nargs=-1, required=True, metavar="SERVICE...")
@click.option("-n", "--namespace", required=True, help="Where the services are.")
@connection_options
def certificates(
    services: tuple[str, ...], namespace: str, kubeconfig: Path | None, context: str | None
) -> None:
    """Make certificates for SERVICEs, each in the Secret SERVICE-tls, and renew them in time.

    A certificate lasts 30 days and is renewed in the last third, its authority a year: call this
    every day, and nobody will notice.
    """
    for service in services:
        if not _DNS_LABEL.fullmatch(service):
            raise UsageError(f"{service[:60]!r} is no name of a Service", "like user or answer")
    there = cluster(kubeconfig, context)
    from kubeguard.deploy.certificates import renew

    for service, expires in renew(services, namespace, there).items():
        say(f"secret/{service}-tls in {namespace}: until {expires:%Y-%m-%d}")
