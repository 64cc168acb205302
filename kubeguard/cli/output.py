"""Where reports go: standard output or files, in the formats that were asked for."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click

from kubeguard import files
from kubeguard.errors import KubeguardError, UsageError
from kubeguard.formats import FORMATS, Context, Style, render
from kubeguard.model.finding import Check, Report
from kubeguard.policy.policy import Policy

_WITH_CONTEXT = ("html", "markdown")
_CONTEXT_LINES = 2


def parse_format(text: str) -> tuple[str, str]:
    """`sarif=out.sarif` as format and file ('' for standard output). Raises UsageError."""
    name, _, file = text.partition("=")
    if name not in FORMATS:
        raise UsageError(f"no format is called {name!r}", f"there are {', '.join(FORMATS)}")
    if "=" in text and not file:
        raise UsageError(f"--format {text}: no file after '='")
    return name, "" if file == "-" else file


@dataclass(frozen=True, slots=True)
class Outputs:
    """Format and file of each output; '' is standard output, which takes one format."""

    formats: tuple[tuple[str, str], ...]
    color: bool

    @classmethod
    def of(cls, formats: Sequence[tuple[str, str]], color: str) -> Outputs:
        """Check the outputs before the work begins. Raises UsageError."""
        chosen = tuple(formats) or (("text", ""),)
        places = [file for _, file in chosen]
        for file in places:
            if places.count(file) > 1:
                raise UsageError(
                    f"two formats go to {file or 'standard output'}", "write --format FORMAT=FILE"
                )
            if file and not Path(file).absolute().parent.is_dir():
                raise UsageError(f"{file}: no such folder")
        return cls(chosen, _colored(color))

    @property
    def context_lines(self) -> int:
        """Lines around an excerpt's own that some of the formats show."""
        return _CONTEXT_LINES * any(name in _WITH_CONTEXT for name, _ in self.formats)

    def write(
        self,
        report: Report,
        policy: Policy,
        checks: tuple[Check, ...],
        seconds: float,
        quiet: bool,
        verbose: bool,
    ) -> None:
        """Render every output. Raises KubeguardError when a file cannot be written."""
        width = shutil.get_terminal_size((100, 24)).columns
        style = Style(color=self.color, width=width, verbose=verbose, quiet=quiet)
        version = ".".join(map(str, policy.kubernetes_version))
        context = Context(policy.profile, policy.fail_on, version, checks, seconds, style=style)
        for name, file in self.formats:
            if not file:
                click.echo(render(name, report, context), nl=False, color=True)
                continue
            plain = replace(context, style=replace(style, color=False, width=100))
            try:
                files.replace(Path(file), render(name, report, plain))
            except OSError as error:
                raise KubeguardError(f"{file}: {(error.strerror or str(error)).lower()}") from error


def _colored(choice: str) -> bool:
    """https://no-color.org and https://force-color.org, then whether a person is looking."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    if os.environ.get("FORCE_COLOR"):
        return True
    return sys.stdout.isatty() and os.environ.get("TERM") != "dumb"
