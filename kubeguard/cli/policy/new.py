"""`kubeguard policy new`: a policy that works, to be changed into the one that is wanted."""

from __future__ import annotations

from pathlib import Path

import click

from kubeguard import files
from kubeguard.cli.output import note, say
from kubeguard.errors import UsageError
from kubeguard.rego.scaffold import is_name, scaffold


@click.command()
@click.argument("name")
@click.option(
    "--folder",
    default="policies",
    type=click.Path(path_type=Path),
    help="Where to begin it.  [default: policies]",
)
def new(name: str, folder: Path) -> None:
    """Begin the policy NAME: NAME.rego, its page NAME.md and its test NAME_test.rego."""
    name = name.replace("-", "_")
    if not is_name(name):
        raise UsageError(f"{name[:60]!r} is no name for a policy", "such as required_labels")
    texts = dict(scaffold(name, folder))
    for file in texts:
        if file.exists():
            raise UsageError(f"{file} is there already", "nothing was written")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for file, text in texts.items():
            files.replace(file, [text])
            say(str(file))
    except OSError as error:
        raise UsageError(f"{folder}: {error.strerror or error}") from error
    note(f"try it: kubeguard policy test {folder}; kubeguard scan --policy {folder}")
