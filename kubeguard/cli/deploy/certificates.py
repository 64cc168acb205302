"""`kubeguard deploy certificates`: for services that speak TLS among themselves."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

import click

from kubeguard.cli.connecting import FILE, cluster, connection_options, needs
from kubeguard.cli.deploy._options import TARGET, refuse
from kubeguard.cli.deploy._targets import TargetName
from kubeguard.cli.output import note, say
from kubeguard.errors import UsageError

_DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?")


@click.command()
@click.argument("services", nargs=-1, required=True, metavar="SERVICE...")
@TARGET
@click.option("-n", "--namespace", help="Where the services are, on a cluster.")
@connection_options
@click.option("-f", "--filename", type=FILE, help="The Compose file with the services.")
def certificates(
    services: tuple[str, ...],
    target: str,
    namespace: str | None,
    kubeconfig: Path | None,
    context: str | None,
    filename: Path | None,
) -> None:
    """Make certificates for SERVICEs, and renew them in time.

    On a cluster each is in the Secret SERVICE-tls; of a Compose project in the files of its secrets
    SERVICE.crt, SERVICE.key and authority.crt. A certificate lasts 30 days and is renewed in the
    last third, its authority a year: call this every day, and nobody will notice.
    """
    for service in services:
        if not _DNS_LABEL.fullmatch(service):
            raise UsageError(f"{service[:60]!r} is no name of a Service", "like user or answer")
    if TargetName(target) is TargetName.COMPOSE:
        refuse(target, namespace=namespace, kubeconfig=kubeconfig, context=context)
        _in_files(services, filename)
        return
    refuse(target, filename=filename)
    if not namespace:
        raise UsageError("--namespace is missing", "say where the services are")
    there = cluster(kubeconfig, context)
    from kubeguard.deploy.certificates import renew

    _tell(renew(services, namespace, there), f"secret/{{}}-tls in {namespace}")


def _in_files(services: tuple[str, ...], file: Path | None) -> None:
    if file is None:
        raise UsageError("--filename is missing", "name the Compose file with the services")
    try:
        from kubeguard.deploy.compose.certificates import renew
    except ModuleNotFoundError as error:
        raise needs(error) from None

    expires, changed = renew(services, file)
    _tell(expires, "{}.crt")
    if changed:
        note("what runs reads them when it is restarted: docker compose restart")


def _tell(expires: Mapping[str, datetime], what: str) -> None:
    for service, end in expires.items():
        say(f"{what.format(service)}: until {end:%Y-%m-%d}")
