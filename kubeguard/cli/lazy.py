"""Groups of commands that know their commands by name and import the one that is called."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

import click

from kubeguard.errors import UsageError


class LazyGroup(click.Group):
    """A module for each command, with a command of the same name in it.

    `known` is every command with its one line, so that `--help` imports none of them.
    """

    package = ""
    known: Mapping[str, str] = {}

    def list_commands(self, _: click.Context) -> list[str]:
        return list(self.known)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in self.known:
            if context.resilient_parsing or (name.startswith("-") and name != "-"):
                return None
            raise UsageError(f"no command is called {name!r}", self.meant(name))
        command = getattr(import_module(f"{self.package}.{name}"), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(self.known.items()))

    def meant(self, name: str) -> str:
        """What somebody who typed this may have wanted."""
        from kubeguard.policy.names import suggest

        return suggest(name, self.known) or f"there are {', '.join(self.known)}"
