"""Where reports go: standard output or files, in the formats that were asked for."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterable, Sequence
from importlib.util import find_spec
from io import TextIOWrapper
from pathlib import Path
from typing import NamedTuple

import click

from kubeguard import files
from kubeguard.errors import KubeguardError, UsageError
from kubeguard.formats import FORMATS, Context, Style, pieces
from kubeguard.formats._printable import printable
from kubeguard.model.finding import Report
from kubeguard.policy.names import suggest

FOR_PEOPLE = "text"
_WITH_CONTEXT = ("html", "markdown")
_WITH_CHECKS = ("html", "json", "markdown", "sarif")
_WITH_PACKAGES = ("cyclonedx",)
_CONTEXT_LINES = 2
_FILE_WIDTH = 100
_STANDARD_OUTPUT = ("-", "/dev/stdout", "/dev/fd/1")


def parse_format(text: str) -> tuple[str, str]:
    """`sarif=out.sarif` as format and file ('' for standard output). Raises UsageError."""
    name, _, file = text.partition("=")
    if name not in FORMATS:
        hint = suggest(name, FORMATS) or f"there are {', '.join(FORMATS)}"
        raise UsageError(f"no format is called {name!r}", hint)
    if "=" in text and not file:
        raise UsageError(f"--format {text}: no file after '='")
    return name, "" if file in _STANDARD_OUTPUT else file


class Outputs(NamedTuple):
    """Format and file of each output; '' is standard output, which takes one format."""

    formats: tuple[tuple[str, str], ...]

    @classmethod
    def of(cls, formats: Sequence[tuple[str, str]]) -> Outputs:
        """Check the outputs before the work begins. Raises UsageError."""
        chosen = tuple(formats) or ((FOR_PEOPLE, ""),)
        places: set[Path | None] = set()
        for name, file in chosen:
            if name in _WITH_PACKAGES and find_spec("cyclonedx") is None:
                raise UsageError(f"{name}: its library is missing", "pip install kubeguard[sbom]")
            place = writable(file) if file else None
            if place in places:
                what = file or "standard output"
                raise UsageError(f"two formats go to {what}", "write --format FORMAT=FILE")
            places.add(place)
        return cls(chosen)

    @property
    def context_lines(self) -> int:
        """Lines around an excerpt's own that some of the formats show."""
        return _CONTEXT_LINES * any(name in _WITH_CONTEXT for name, _ in self.formats)

    @property
    def tell_checks(self) -> bool:
        """Whether some of the formats tell which checks ran, so that all have to be loaded."""
        return any(name in _WITH_CHECKS for name, _ in self.formats)

    @property
    def tell_packages(self) -> bool:
        """Whether some of the formats tell what images have installed."""
        return any(name in _WITH_PACKAGES for name, _ in self.formats)

    def write(self, report: Report, context: Context) -> None:
        """Render every output. Raises KubeguardError when one cannot be written, after the rest."""
        failed: list[str] = []
        plain = context._replace(style=context.style._replace(color=False, width=_FILE_WIDTH))
        for name, file in self.formats:
            try:
                if file:
                    files.replace(Path(file), pieces(name, report, plain))
                else:
                    _print(pieces(name, report, context), for_people=name == FOR_PEOPLE)
            except OSError as error:
                failed.append(f"{file or 'standard output'}: {reason(error)}")
        if failed:
            raise KubeguardError("; ".join(failed))


def writable(file: str) -> Path:
    """Where a file will be written, as far as one can tell beforehand. Raises UsageError."""
    place = Path(os.path.realpath(file))
    if not os.path.isdir(place.parent):
        raise UsageError(f"{file}: no such folder", "create it first")
    if os.path.isdir(place):
        raise UsageError(f"{file}: is a folder")
    return place


def style(color: str, quiet: bool = False, verbose: bool = False) -> Style:
    """How text looks on this terminal."""
    return Style(color=colored(color), width=_width(), verbose=verbose, quiet=quiet)


def _width() -> int:
    """A pipe is as wide as COLUMNS says, or else as wide as a file."""
    if not on_terminal() and "COLUMNS" not in os.environ:
        return _FILE_WIDTH
    import shutil

    return shutil.get_terminal_size((_FILE_WIDTH, 24)).columns


def colored(choice: str) -> bool:
    """https://no-color.org and https://force-color.org, then whether a person is looking."""
    if choice != "auto":
        return choice == "always"
    if os.environ.get("NO_COLOR"):
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (
        on_terminal() and os.environ.get("TERM") != "dumb"
    )


def on_terminal() -> bool:
    """Whether a person reads standard output, and not a pipe or a file."""
    return sys.stdout is not None and sys.stdout.isatty()


def say(text: str) -> None:
    """Print lines for people. Raises KubeguardError when standard output cannot be written."""
    try:
        _print([text, "\n"], for_people=True)
    except OSError as error:
        raise KubeguardError(f"standard output: {reason(error)}") from error


def note(text: str) -> None:
    """Print lines on standard error, if anybody listens there."""
    with contextlib.suppress(OSError):
        click.echo("\n".join(map(printable, text.splitlines())), err=True)


def reason(error: OSError) -> str:
    """What the system says, as the middle of a sentence."""
    return (error.strerror or str(error)).lower()


def _print(texts: Iterable[str], for_people: bool) -> None:
    """Write to standard output; that a reader has seen enough (`| head`) is no error.

    A program gets UTF-8 whatever the locale; a person gets what the terminal can show.
    """
    if sys.stdout is None:
        raise OSError("closed")
    if for_people and isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")
    try:
        for text in texts:
            click.echo(text if for_people else text.encode(), nl=False, color=True)
        sys.stdout.flush()
    except OSError as error:
        give_up_output()
        if not isinstance(error, BrokenPipeError):
            raise


def give_up_output() -> None:
    """Python flushes standard output once more at exit, and would fail once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
