"""What OPA says about a place in a policy, with the line it is about."""

from __future__ import annotations

from collections.abc import Iterable

from kubeguard.cli.output import say
from kubeguard.rego.engine import Diagnostic


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
