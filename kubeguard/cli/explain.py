"""`kubeguard explain`: the page of a check, as a terminal can show it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from textwrap import wrap

import click

from kubeguard.cli import completing
from kubeguard.cli.catalogue import known
from kubeguard.cli.output import say, style
from kubeguard.errors import UsageError
from kubeguard.formats._pages import page
from kubeguard.model.finding import Check
from kubeguard.policy.names import Names

_FENCE = re.compile(r"```(?P<language>\w+)?(?P<info>[^\n]*)")
_ATTRIBUTE = re.compile(r"""(\w+)=(?:"([^"]*)"|'([^']*)')""")
_LABELS = {"bad": "reported", "good": "fine", "fixed": "after the fix"}
_INDENT = 12


@click.command()
@click.argument("check", shell_complete=completing.checks)
@click.option(
    "--policy",
    multiple=True,
    metavar="PATH",
    shell_complete=completing.policies,
    help="Where the check is when it is a policy in Rego, as in scan.  Repeatable.",
)
@click.option(
    "--color",
    type=click.Choice(["auto", "always", "never"]),
    default="auto",
    help="Colour.  NO_COLOR and FORCE_COLOR are honoured.",
)
def explain(check: str, policy: tuple[str, ...], color: str) -> None:
    """Show the page of CHECK: an id (KG3001) or a name (host_network)."""
    names = Names(known(policy))
    found = names.check(check)
    if found is None:
        raise UsageError(f"no check is called {check!r}", names.hint(check))
    record = names.checks[found]
    look = style(color)
    lines = [*_head(record, look.width), *_body(page(record).markdown)]
    say("\n".join(lines if look.color else map(click.unstyle, lines)))


def _head(check: Check, width: int) -> Iterator[str]:
    """What the page does not repeat, since the record has it."""
    yield click.style(f"{check.id} {check.name}", bold=True)
    facts = [
        ("severity", check.severity.name.lower()),
        ("profile", check.profile.name.lower()),
        ("written for", check.style),
        ("frameworks", ", ".join(check.refs)),
        ("like", ", ".join(check.like)),
        *[("parameter", f"{key}: {_written(value)}") for key, value in check.parameters.items()],
        ("waivable", "" if check.waivable else "no: nothing suppresses it"),
    ]
    for name, value in facts:
        for number, line in enumerate(wrap(value, max(40, width - _INDENT))):
            label = "" if number else name
            yield f"{click.style(f'{label:{_INDENT}}', dim=True)}{line}"
    yield ""


def _written(value: object) -> str:
    """A parameter's default as kubeguard.yaml would say it."""
    import json

    plain = sorted(value) if isinstance(value, frozenset) else value
    return json.dumps(dict(plain) if isinstance(plain, Mapping) else plain, ensure_ascii=False)


def _body(markdown: str) -> Iterator[str]:
    marked: set[int] = set()
    number = -1
    for line in markdown.splitlines():
        fence = _FENCE.fullmatch(line)
        if fence and number < 0:
            given = {key: one or other for key, one, other in _ATTRIBUTE.findall(fence["info"])}
            marked = {int(n) for n in given.pop("hl_lines", "").split()}
            yield click.style(f"  {_label(fence['language'] or 'text', given)}", dim=True)
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


def _label(language: str, given: dict[str, str]) -> str:
    """`yaml: reported (kubernetes 1.33)`: the verdict, and under which conditions."""
    verdict = given.pop("title", "")
    conditions = ", ".join(f"{key} {value}" for key, value in given.items())
    label = f"{language}: {_LABELS.get(verdict, verdict)}" if verdict else language
    return f"{label} ({conditions})" if conditions else label
