"""Options that several commands have, and what they come to."""

from __future__ import annotations

import base64
import ipaddress
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kubeguard.cli.connecting import FILE, needs, with_options
from kubeguard.errors import UsageError

if TYPE_CHECKING:
    from kubeguard.webhook.manifests.settings import Settings

_Command = TypeVar("_Command", bound=Callable[..., Any])

NAMESPACE = click.option(
    "-n", "--namespace", default="kubeguard", show_default=True, help="Where the webhook runs."
)
_SETTINGS = (
    NAMESPACE,
    click.option("--image", metavar="IMAGE", help="The image of kubeguard, best by its digest."),
    click.option(
        "--replicas", type=click.IntRange(1, 100), default=3, show_default=True, help="How many."
    ),
    click.option("--config", type=FILE, help="The kubeguard.yaml to enforce."),
    click.option(
        "--failure-policy",
        type=click.Choice(["Fail", "Ignore"]),
        default="Fail",
        show_default=True,
        help="Without an answer, refuse a request or admit it.",
    ),
    click.option(
        "--timeout-seconds",
        type=click.IntRange(1, 30),
        default=5,
        show_default=True,
        help="How long an API server waits for an answer.",
    ),
    click.option(
        "--guard-seconds",
        type=click.IntRange(5, 3600),
        default=60,
        show_default=True,
        help="How long none may come before the guard opens.",
    ),
    click.option(
        "--certificates",
        type=click.Choice(["managed", "cert-manager", "files"]),
        default="managed",
        show_default=True,
        help="Made by the webhook, by cert-manager.io, or by you in the Secret "
        "kubeguard-webhook-tls.",
    ),
    click.option("--ca-file", type=FILE, help="With files: the authority to trust (PEM)."),
)


def settings_options(command: _Command) -> _Command:
    """What an installation can have otherwise."""
    return with_options(command, _SETTINGS)


def settings(
    image: str | None,
    config: Path | None,
    certificates: str,
    ca_file: Path | None,
    failure_policy: str,
    **same: Any,
) -> Settings:
    """The settings that the options come to. Raises UsageError."""
    from kubeguard.webhook.manifests import settings as of

    if (certificates == "files") is not (ca_file is not None):
        raise UsageError("--certificates files and --ca-file belong together")
    found = of.Settings(
        image=image or of.PLACEHOLDER,
        configuration=_enforced(config) if config else of.CONFIGURATION,
        failure_policy=of.FailurePolicy(failure_policy),
        certificates=of.Certificates(certificates),
        ca_bundle=bundle(ca_file) if ca_file else "",
        **same,
    )
    return found.checked()


def bundle(ca_file: Path) -> str:
    """Certificates as a caBundle. Raises UsageError for a file without one."""
    try:
        from cryptography import x509
    except ModuleNotFoundError as error:
        raise needs(error) from None
    content = ca_file.read_bytes()
    try:
        x509.load_pem_x509_certificates(content)
    except ValueError:
        raise UsageError(f"{ca_file} holds no certificate (PEM)") from None
    return base64.b64encode(content).decode()


def _enforced(config: Path) -> str:
    """A kubeguard.yaml that a pod can load, which has this one file. Raises UsageError."""
    from kubeguard import api
    from kubeguard.policy.configuration import Options

    policy = api.load_policy(str(config), Options())
    policies = (source.path for source in policy.policies if not source.path.startswith("pack:"))
    for path in (*policies, *policy.facts.files):
        raise UsageError(
            f"{config} names a file that a pod does not have: {path}",
            "mount it: render with `webhook manifests`, and add a volume",
        )
    return config.read_text(encoding="utf-8-sig")


def listening(text: str) -> tuple[str, int]:
    """`HOST:PORT` as an address. Raises UsageError."""
    host, colon, port = text.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    try:
        ipaddress.ip_address(host)
        number = int(port)
    except ValueError:
        colon, number = "", 0
    if not colon or not 0 < number < 65_536:
        raise UsageError(f"{text[:60]!r} is no HOST:PORT", "0.0.0.0:8443 or [::]:8443")
    return host, number
