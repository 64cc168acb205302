"""What the shell may offer when a check is asked for."""

from __future__ import annotations

import click
from click.shell_completion import CompletionItem


def checks(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Ids and names of checks."""
    from kubeguard.registry import load_checks

    found = [(word, check.title) for check in load_checks() for word in (check.id, check.name)]
    return [CompletionItem(w, help=title) for w, title in found if w.startswith(incomplete)]


def checks_and_families(
    context: click.Context, parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Ids and names of checks, and their families."""
    from kubeguard.registry import load_checks

    families = sorted({check.family for check in load_checks()})
    offered = [CompletionItem(f, help="a family") for f in families if f.startswith(incomplete)]
    return offered + checks(context, parameter, incomplete)
