"""`kubeguard deploy plan`: what would change, told before anything does."""

from __future__ import annotations

from collections import Counter

import click

from kubeguard.cli.deploy._options import FILES, Target, release_options
from kubeguard.cli.output import note, say
from kubeguard.formats._printable import printable

CHANGES, REFUSED = 1, 3


@click.command()
@release_options
@FILES
def plan(target: Target, files: tuple[str, ...]) -> None:
    """Tell what `apply` would do, object by object, with the lines that would change.

    Exit code: 0 nothing, 1 something would change, 3 the cluster or docker refuses something.
    """
    from kubeguard.deploy.change import Kind

    counts: Counter[Kind] = Counter()
    for change in target.plan(files):
        counts[change.kind] += 1
        if change.kind is not Kind.KEEP:
            say(f"{change.kind:6}  {printable(change.name)}")
        for line in change.lines:
            say(f"        {printable(line)}")
    note(", ".join(f"{counts[kind]} to {kind}" for kind in Kind if counts[kind]))
    changes = counts.total() - counts[Kind.KEEP]
    raise SystemExit(REFUSED if counts[Kind.REFUSE] else CHANGES if changes else 0)
