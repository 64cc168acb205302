"""`kubeguard policy`: what an author of policies in Rego needs, a module for each command."""

from __future__ import annotations

from types import MappingProxyType

import click

from kubeguard.cli.lazy import LazyGroup


class _Commands(LazyGroup):
    package = "kubeguard.cli.policy"
    known = MappingProxyType(
        {
            "check": "Compile policies strictly, and say what is wrong.",
            "test": "Run their tests, and the examples on their pages.",
            "fmt": "Format them as OPA does.",
            "new": "Begin one, with its page and its test.",
            "bench": "Measure what each costs.",
        }
    )


@click.group(cls=_Commands)
def policy() -> None:
    """Write and test policies in Rego."""
