"""`kubeguard webhook serve`: the validating admission webhook."""

from __future__ import annotations

import ipaddress
from pathlib import Path

import click

from kubeguard.cli.connecting import FILE, needs
from kubeguard.cli.webhook._options import listening
from kubeguard.errors import UsageError
from kubeguard.policy.configuration import Options
from kubeguard.policy.sources import PolicySource


@click.command()
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False),
    help="Instead of the nearest kubeguard.yaml.",
)
@click.option("--policy", multiple=True, metavar="PATH", help="Policies in Rego, as in scan.")
@click.option(
    "--address",
    default="0.0.0.0:8443",
    metavar="HOST:PORT",
    show_default=True,
    help="Where to listen.",
)
@click.option("--cert", type=FILE, help="The certificate, with what it is signed by (PEM).")
@click.option("--key", type=FILE, help="Its key (PEM).")
@click.option(
    "--manage-certificate",
    metavar="NAMESPACE",
    help="Make certificate and authority, keep them in a Secret there, rotate them.",
)
@click.option("--client-ca", type=FILE, help="Only clients with a certificate of this authority.")
@click.option("--plain-http", is_flag=True, help="Without TLS, on a loopback address.")
@click.option(
    "--kubeconfig", type=FILE, help="For the labels of namespaces; in a pod its account does."
)
@click.option(
    "--record",
    type=click.Path(file_okay=False, path_type=Path),
    help="Keep redacted reviews in this folder.",
)
@click.option(
    "--requests",
    type=click.IntRange(1),
    default=128,
    show_default=True,
    help="At a time, for each worker.",
)
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=2,
    show_default=True,
    help="Processes that judge.",
)
def serve(
    config: str | None,
    policy: tuple[str, ...],
    address: str,
    cert: Path | None,
    key: Path | None,
    manage_certificate: str | None,
    client_ca: Path | None,
    plain_http: bool,
    kubeconfig: Path | None,
    record: Path | None,
    requests: int,
    workers: int,
) -> None:
    """Serve /validate, /livez, /readyz and /metrics; logs decisions as JSON lines.

    SIGTERM finishes what has begun. SIGHUP or a changed file reloads policy and certificate; what
    is broken does not replace what serves.
    """
    host, port = listening(address)
    if (cert is None) != (key is None):
        raise UsageError("--cert and --key belong together")
    if cert and manage_certificate:
        raise UsageError("--manage-certificate makes what --cert and --key would give")
    if not cert and not manage_certificate and not (plain_http and _is_loopback(host)):
        raise UsageError(
            "an API server wants TLS: give --cert and --key, or --manage-certificate",
            "to try it out: --plain-http --address 127.0.0.1:8443",
        )
    if client_ca and not cert and not manage_certificate:
        raise UsageError("--client-ca needs --cert and --key")
    try:
        from kubeguard.webhook import server
    except ModuleNotFoundError as error:
        raise needs(error) from None
    from kubeguard.webhook.app import Limits
    from kubeguard.webhook.certificate import Pair
    from kubeguard.webhook.names import Names

    server.serve(
        server.Serving(
            config,
            Options(policies=tuple(map(PolicySource, policy))),
            host,
            port,
            Pair(cert, key) if cert and key else None,
            Names(manage_certificate) if manage_certificate else None,
            client_ca,
            str(kubeconfig) if kubeconfig else None,
            record,
            Limits(requests=requests),
            workers,
        )
    )


def _is_loopback(host: str) -> bool:
    return ipaddress.ip_address(host).is_loopback
