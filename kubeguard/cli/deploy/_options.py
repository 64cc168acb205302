"""Options that the commands share, and what they come to."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kubeguard import api
from kubeguard.cli.connecting import cluster, connection_options, with_options
from kubeguard.cli.output import note, say
from kubeguard.cli.scan import exit_code
from kubeguard.errors import KubeguardError, UsageError
from kubeguard.formats import Context, pieces
from kubeguard.model.finding import Report
from kubeguard.policy.configuration import Options
from kubeguard.policy.policy import Policy

if TYPE_CHECKING:
    from kubeguard.deploy.deployment import Deployment

_Command = TypeVar("_Command", bound=Callable[..., Any])
_DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,50}[a-z0-9])?")

WAIT = click.option(
    "--wait", type=click.IntRange(1), default=300, show_default=True, help="Seconds for each step."
)
FILES = click.option(
    "-f",
    "--filename",
    "files",
    multiple=True,
    required=True,
    metavar="PATH",
    help="Manifests, and images to judge with them, as `scan` takes them.  Repeatable.",
)
PROFILE = click.option(
    "--profile",
    type=click.Choice(["baseline", "restricted", "pedantic"]),
    help="How strict to be, instead of what kubeguard.yaml says.",
)
PROBES = click.option(
    "--probes/--no-probes",
    default=True,
    help="Also ask each container, by exec, what it can write, read and reach.  [default: do]",
)
_RELEASE = (
    click.argument("release"),
    click.option(
        "-n",
        "--namespace",
        default="default",
        show_default=True,
        help="Where the release is, and objects that say nothing else.",
    ),
    connection_options,
)


def release_options(command: _Command) -> _Command:
    """Which release, on which cluster."""
    return with_options(command, _RELEASE)


def asked(release: str, namespace: str, kubeconfig: Path | None, context: str | None) -> Deployment:
    """The release. Raises UsageError."""
    if not _DNS_LABEL.fullmatch(release):
        raise UsageError(f"{release[:60]!r} is no name of a release", "like web or reference-app")
    there = cluster(kubeconfig, context)
    from kubeguard.deploy.deployment import Deployment
    from kubeguard.deploy.release import Release

    return Deployment(Release(release, namespace, there), there, say)


def manifests(files: tuple[str, ...]) -> list[dict[str, Any]]:
    """The objects in the files. Raises UsageError for none, and for what cannot be applied."""
    from kubeguard.deploy.intake import taken

    found = taken(api.objects(*files))
    if not found:
        raise UsageError("there are no objects in what is to be applied")
    return found


def policy(profile: str | None) -> Policy:
    """What kubeguard.yaml and the command line choose."""
    return api.load_policy(None, Options(profile=profile))


def gate(files: tuple[str, ...], chosen: Policy) -> None:
    """Show what a scan finds. Raises KubeguardError when it does not pass."""
    report = api.audit(*files, policy=chosen)
    show(report, chosen)
    if exit_code(report, chosen):
        hint = "correct what is found, or suppress it with a reason; nothing was applied"
        raise KubeguardError("kubeguard does not let this pass", hint)


def show(report: Report, chosen: Policy) -> None:
    """A report as text, when there is something in it."""
    if report.findings or report.faults or exit_code(report, chosen):
        text = "".join(pieces("text", report, Context(chosen.profile, chosen.fail_on)))
        note(text.rstrip("\n"))
