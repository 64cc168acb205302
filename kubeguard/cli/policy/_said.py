"""What OPA says about a place in a policy, with the line it is about."""

from __future__ import annotations

from collections.abc import Iterable

import click

from kubeguard.cli.output import colored, say
from kubeguard.rego.engine import Diagnostic


def tell(text: str) -> None:
    """Print lines, coloured where a person looks at them."""
    say(text if colored("auto") else click.unstyle(text))


def complain(diagnostics: Iterable[Diagnostic]) -> None:
    """`file:line:column: message`, then the line with a caret under the place."""
    for said in diagnostics:
        say(str(said))
        line = said.text.splitlines()[0] if said.text else ""
        if line:
            say(f"    {line.expandtabs(1)}")
            say(f"    {' ' * (said.column - 1)}^" if len(line) >= said.column > 0 else "")
        for detail in said.details:
            say(f"    {detail}")
