"""`kubeguard explain`: the page of a check, as a terminal can show it."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click

from kubeguard.cli.completing import checks as complete_checks
from kubeguard.cli.output import _colored
from kubeguard.errors import UsageError
from kubeguard.model.finding import Check
from kubeguard.policy.names import Names
from kubeguard.registry import load_checks

_FENCE = re.compile(r"```(?P<language>\w+)?(?P<info>[^\n]*)")
_ATTRIBUTE = re.compile(r'(\w+)="([^"]*)"')
_LABELS = {"bad": "reported", "good": "fine", "fixed": "after the fix"}


@click.command()
@click.argument("check", shell_complete=complete_checks)
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    help="Colour.  NO_COLOR and FORCE_COLOR are honoured.",
)
def explain(check: str, color: str) -> None:
    """Show the page of CHECK: an id (KG3001) or a name (host_network)."""
    catalogue = load_checks()
    names = Names(catalogue)
    found = names.check(check)
    if found is None:
        raise UsageError(f"no check is called {check!r}", names.hint(check))
    record = names.checks[found]
    text = "\n".join([*_head(record), *_body(record.page.read_text(encoding="utf-8"))])
    click.echo(text if _colored(color) else click.unstyle(text), color=True)


def _head(check: Check) -> Iterator[str]:
    """What the page does not repeat, since the record has it."""
    yield click.style(f"{check.id} {check.name}", bold=True)
    facts = [
        ("severity", check.severity.name.lower()),
        ("profile", check.profile.name.lower()),
        ("frameworks", ", ".join(check.refs)),
        ("like", ", ".join(check.like)),
        ("parameters", ", ".join(f"{k} = {v!r}" for k, v in check.parameters.items())),
        ("", "" if check.waivable else "cannot be suppressed"),
    ]
    for name, value in facts:
        if value:
            yield f"{click.style(f'{name:10}', dim=True)}  {value}"
    yield ""


def _body(page: str) -> Iterator[str]:
    marked: set[int] = set()
    number = -1
    for line in page.splitlines():
        fence = _FENCE.fullmatch(line)
        if fence and number < 0:
            given = dict(_ATTRIBUTE.findall(fence["info"]))
            marked = {int(n) for n in given.get("hl_lines", "").split()}
            label = _LABELS.get(given.get("title", ""), "")
            yield click.style(f"  {fence['language']}: {label}", dim=True)
            number = 0
        elif fence:
            number = -1
        elif number >= 0:
            number += 1
            hit = number in marked
            yield click.style(f"  {'>' if hit else ' '} {line}", fg="red" if hit else None)
        elif line.startswith("#"):
            yield click.style(line.lstrip("# "), bold=True)
        else:
            yield line
