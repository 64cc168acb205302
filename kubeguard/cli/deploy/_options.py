"""Options that the commands share, and what they come to."""

from __future__ import annotations

import functools
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

from kubeguard import api
from kubeguard.cli.connecting import connection_options, with_options
from kubeguard.cli.deploy._targets import Target, TargetName
from kubeguard.errors import UsageError
from kubeguard.policy.configuration import Options
from kubeguard.policy.policy import Policy

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
    help="Manifests, or one Compose file, and images to judge with them, as `scan` takes them.  "
    "Repeatable.",
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
TARGET = click.option(
    "--target",
    type=click.Choice([each.value for each in TargetName]),
    default=TargetName.KUBERNETES.value,
    show_default=True,
    help="A cluster, or the engine that docker speaks to.",
)
_RELEASE = (
    click.argument("release"),
    TARGET,
    click.option(
        "-n",
        "--namespace",
        help="Where the release is, and objects that say nothing else.  [default: default]",
    ),
    connection_options,
)


def release_options(command: _Command) -> Callable[..., Any]:
    """Which release, and where: the command gets them as one `Target`."""

    @functools.wraps(command)
    def with_release(
        release: str,
        target: str,
        namespace: str | None,
        kubeconfig: Path | None,
        context: str | None,
        **rest: Any,
    ) -> Any:
        if not _DNS_LABEL.fullmatch(release):
            raise UsageError(
                f"{release[:60]!r} is no name of a release", "like web or reference-app"
            )
        if TargetName(target) is TargetName.COMPOSE:
            refuse(target, namespace=namespace, kubeconfig=kubeconfig, context=context)
            from kubeguard.cli.deploy._compose import ComposeTarget

            return command(ComposeTarget(release), **rest)
        from kubeguard.cli.deploy._cluster import ClusterTarget

        place = namespace or "default"
        return command(ClusterTarget(release, place, kubeconfig, context), **rest)

    return with_options(with_release, _RELEASE)


def refuse(target: str, **options: object) -> None:
    """Raise UsageError when one is given that means nothing for the target."""
    for name, value in options.items():
        if value:
            raise UsageError(f"--{name.replace('_', '-')} means nothing with --target {target}")


def policy(profile: str | None) -> Policy:
    """What kubeguard.yaml and the command line choose."""
    return api.load_policy(None, Options(profile=profile))


__all__ = ["FILES", "PROBES", "PROFILE", "TARGET", "WAIT", "Target", "policy", "release_options"]
