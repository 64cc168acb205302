"""`kubeguard checks`: the catalogue as a table or as JSON."""

from __future__ import annotations

from collections.abc import Iterable

import click

from kubeguard.errors import UsageError
from kubeguard.model.finding import Check
from kubeguard.model.severity import Profile
from kubeguard.registry import load_checks


@click.command()
@click.option("--family", metavar="NAME", help="Only this family (dockerfile, workload, ...).")
@click.option(
    "--profile",
    type=click.Choice([p.name.lower() for p in Profile]),
    help="Only what this profile runs.",
)
@click.option("--framework", metavar="TEXT", help="Only what serves it ('PSS', 'CIS-Docker 4.1').")
@click.option("--like", metavar="ID", help="Only the counterparts of another tool's check.")
@click.option("--format", "-f", "form", type=click.Choice(["text", "json"]), default="text")
def checks(
    family: str | None, profile: str | None, framework: str | None, like: str | None, form: str
) -> None:
    """List the checks, all or filtered."""
    found = list(_filtered(load_checks(), family, profile, framework, like))
    if form == "json":
        import orjson

        click.echo(orjson.dumps([record(c) for c in found], option=orjson.OPT_INDENT_2).decode())
    else:
        click.echo("\n".join(_table(found)))


def _filtered(
    checks: Iterable[Check],
    family: str | None,
    profile: str | None,
    framework: str | None,
    like: str | None,
) -> Iterable[Check]:
    families = sorted({check.family for check in checks})
    if family and family not in families:
        raise UsageError(f"no family is called {family!r}", f"there are {', '.join(families)}")
    for check in checks:
        if family and check.family != family:
            continue
        if profile and check.profile > Profile[profile.upper()]:
            continue
        if framework and not any(_mentions(ref, framework) for ref in check.refs):
            continue
        if like and not any(_is_like(other, like) for other in check.like):
            continue
        yield check


def _mentions(ref: str, framework: str) -> bool:
    return ref.lower().startswith(framework.lower())


def _is_like(other: str, asked: str) -> bool:
    """`KSV-0017`, `KSV017`, `AVD-KSV-0017` and `trivy:KSV-0017` all name the same check."""
    tool, _, bare = other.partition(":")
    return _folded(asked) in (_folded(other), _folded(bare)) or (
        tool == "trivy" and _folded(asked).removeprefix("avd") == _folded(bare)
    )


def _folded(text: str) -> str:
    letters = "".join(char for char in text.lower() if char.isalnum())
    head = letters.rstrip("0123456789")
    return head + letters[len(head) :].lstrip("0")


def record(check: Check) -> dict[str, object]:
    """A check as JSON shows it."""
    return {
        "id": check.id,
        "name": check.name,
        "title": check.title,
        "family": check.family,
        "severity": check.severity.name.lower(),
        "profile": check.profile.name.lower(),
        "frameworks": check.refs,
        "like": check.like,
        "parameters": {key: _plain(value) for key, value in check.parameters.items()},
        "waivable": check.waivable,
    }


def _plain(value: object) -> object:
    return sorted(value) if isinstance(value, frozenset) else value


def _table(found: list[Check]) -> Iterable[str]:
    width = max((len(check.name) for check in found), default=0)
    for check in found:
        severity, profile = check.severity.name.lower(), check.profile.name.lower()
        yield f"{check.id}  {check.name:{width}}  {severity:8}  {profile:10}  {check.title}"
    yield f"{len(found)} checks; kubeguard explain ID tells more" if found else "no check matches"
