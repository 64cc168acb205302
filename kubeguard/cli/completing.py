"""What the shell may offer when a check, a family or a format is asked for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def checks(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Ids and names of checks."""
    return _offered(_checks(), incomplete)


def families(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Families of checks."""
    return _offered(_families(), incomplete)


def checks_and_families(
    _: click.Context, __: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    """Ids and names of checks, and their families; after a comma the next one."""
    before, comma, last = incomplete.rpartition(",")
    return _offered([*_families(), *_checks()], last, before + comma)


def formats(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Formats of reports, until a file is asked for."""
    from kubeguard.formats import FORMATS

    return _offered(FORMATS.items(), incomplete)


def policies(_: click.Context, __: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Files and folders, and the packs that ship."""
    from click.shell_completion import CompletionItem

    from kubeguard.rego.packs import packs

    shipped = [(f"pack:{name}", what) for name, what in packs().items()]
    return [CompletionItem(incomplete, type="file"), *_offered(shipped, incomplete)]


def _offered(
    known: Iterable[tuple[str, str]], incomplete: str, before: str = ""
) -> list[CompletionItem]:
    from click.shell_completion import CompletionItem

    fitting = [(word, what) for word, what in known if word.startswith(incomplete)]
    return [CompletionItem(before + word, help=what) for word, what in fitting]


def _checks() -> list[tuple[str, str]]:
    from kubeguard.registry import load_checks

    return [(word, check.title) for check in load_checks() for word in (check.id, check.name)]


def _families() -> list[tuple[str, str]]:
    from kubeguard.registry import load_checks

    return [(family, "a family") for family in sorted({c.family for c in load_checks()})]
