"""Arguments in, exit code out: a module for each command, imported when it is called."""

from __future__ import annotations

import os
import sys

import click

from kubeguard.cli.lazy import LazyGroup
from kubeguard.errors import KubeguardError, UsageError
from kubeguard.version import VERSION

COMMANDS = {
    "scan": "Judge Dockerfiles, images and Kubernetes manifests.",
    "explain": "Tell why a check exists and what to do.",
    "checks": "List the checks.",
    "policy": "Write and test policies in Rego.",
    "webhook": "Judge what is asked of a cluster.",
    "deploy": "Put manifests on a cluster when they are clean.",
    "completion": "Print the shell completion script.",
}
"""Every command with its one line."""

USAGE, BROKEN, INTERRUPTED = 2, 3, 130


class _Commands(LazyGroup):
    """The commands of the program; a path where a command is due is meant for `scan`."""

    package = "kubeguard.cli"
    known = COMMANDS

    def meant(self, name: str) -> str:
        if name == "-" or os.path.exists(name):
            return f"kubeguard scan {name}"
        return super().meant(name)


@click.group(
    cls=_Commands,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Exit codes: 0 clean, 1 findings, 2 wrong usage, 3 something could not be judged.",
)
@click.version_option(
    VERSION, "-V", "--version", prog_name="kubeguard", message="%(prog)s %(version)s"
)
def kubeguard() -> None:
    """One set of rules for Dockerfiles, images and Kubernetes manifests."""


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
