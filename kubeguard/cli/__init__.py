"""Arguments in, exit code out: a module for each command, imported when it is called."""

from __future__ import annotations

import os
import sys
from importlib import import_module

import click

from kubeguard.errors import KubeguardError, UsageError
from kubeguard.version import VERSION

COMMANDS = {
    "scan": "Judge Dockerfiles and Kubernetes manifests.",
    "explain": "Tell why a check exists and what to do.",
    "checks": "List the checks.",
    "completion": "Print the shell completion script.",
}
"""Every command with its one line, so that `--help` imports none of them."""

USAGE, BROKEN, INTERRUPTED = 2, 3, 130


class _Lazy(click.Group):
    """A group that knows its commands by name and imports the one that is called."""

    def list_commands(self, _: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, context: click.Context, name: str) -> click.Command | None:
        if name not in COMMANDS:
            if context.resilient_parsing or (name.startswith("-") and name != "-"):
                return None
            raise UsageError(f"no command is called {name!r}", _meant(name))
        command = getattr(import_module(f"kubeguard.cli.{name}"), name)
        assert isinstance(command, click.Command)
        return command

    def format_commands(self, _: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


def _meant(name: str) -> str:
    from kubeguard.policy.names import suggest

    if name == "-" or os.path.exists(name):
        return f"kubeguard scan {name}"
    return suggest(name, COMMANDS) or f"there are {', '.join(COMMANDS)}"


@click.group(
    cls=_Lazy,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 clean, 1 findings, 2 wrong usage, 3 something could not be judged.",
)
@click.version_option(
    VERSION, "-V", "--version", prog_name="kubeguard", message="%(prog)s %(version)s"
)
def kubeguard() -> None:
    """One set of rules for Dockerfiles and Kubernetes manifests."""


def main() -> None:
    """Run the command line; errors a user can act on become one line, a hint and an exit code."""
    try:
        sys.exit(kubeguard.main(prog_name="kubeguard", standalone_mode=False))
    except click.Abort:
        sys.exit(INTERRUPTED)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        sys.exit(USAGE)
    except click.UsageError as error:
        _complain(" ".join(error.format_message().split()), _help(error.ctx))
        sys.exit(USAGE)
    except KubeguardError as error:
        _complain(error.message, error.hint)
        sys.exit(USAGE if isinstance(error, UsageError) else BROKEN)
    except OSError as error:
        sys.exit(_refused(error))


def _refused(error: OSError) -> int:
    """The system says no to what no command could foresee."""
    from kubeguard.cli.output import give_up_output, reason

    what = error.filename
    if what is None and isinstance(error, FileNotFoundError):
        what = "the working directory"
    elif what is None:
        what = "standard output"
        give_up_output()
    _complain(f"{what}: {reason(error)}", "")
    return BROKEN


def _help(context: click.Context | None) -> str:
    return f"{context.command_path} --help" if context else ""


def _complain(message: str, hint: str) -> None:
    from kubeguard.cli.output import note

    note(f"kubeguard: {message}")
    if hint:
        note(f"hint: {hint}")
