"""Options of commands that speak to a cluster, and what they come to."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from kubeguard.errors import UsageError

if TYPE_CHECKING:
    from kubeguard.cluster.objects import Objects

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)

_Command = TypeVar("_Command", bound=Callable[..., Any])

_CONNECTION = (
    click.option("--kubeconfig", type=FILE, help="Instead of the one that kubectl uses."),
    click.option("--context", metavar="NAME", help="Instead of the current one."),
)


def connection_options(command: _Command) -> _Command:
    """Which cluster."""
    return with_options(command, _CONNECTION)


def with_options(
    command: _Command, options: tuple[Callable[[_Command], _Command], ...]
) -> _Command:
    """The command with these options, in their order."""
    for option in reversed(options):
        command = option(command)
    return command


def cluster(kubeconfig: Path | None, context: str | None) -> Objects:
    """The cluster. Raises UsageError when there is none."""
    try:
        from kubeguard.cluster import access
        from kubeguard.cluster.objects import Objects

        return Objects(access.client(str(kubeconfig) if kubeconfig else None, context))
    except ModuleNotFoundError as error:
        raise needs(error) from None


def needs(error: ModuleNotFoundError) -> UsageError:
    """What to do about a package that is not there."""
    hint = "pip install 'kubeguard[webhook]'"
    return UsageError(f"this needs another package: {error}", hint)
