"""`kubeguard checks`: the catalogue as a table or as JSON."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Sequence

import click

from kubeguard.cli import completing
from kubeguard.cli.catalogue import known
from kubeguard.cli.output import note, on_terminal, say
from kubeguard.errors import UsageError
from kubeguard.model.finding import Check
from kubeguard.model.severity import Profile
from kubeguard.policy.names import is_like, suggest


@click.command()
@click.option(
    "--family",
    metavar="NAME",
    shell_complete=completing.families,
    help="Only this family (dockerfile, workload, ...).",
)
@click.option(
    "--profile",
    type=click.Choice([p.name.lower() for p in Profile]),
    help="Only what this profile runs.",
)
@click.option("--framework", metavar="TEXT", help="Only what serves it ('PSS', 'CIS-Docker 4.1').")
@click.option("--like", metavar="ID", help="Only the counterparts of another tool's check.")
@click.option(
    "--policy",
    multiple=True,
    metavar="PATH",
    shell_complete=completing.policies,
    help="Also those of policies in Rego, as in scan.  Repeatable.",
)
@click.option(
    "--format",
    "-f",
    "form",
    type=click.Choice(["text", "json"]),
    default="text",
    help="A table, or everything known about each.",
)
def checks(
    family: str | None,
    profile: str | None,
    framework: str | None,
    like: str | None,
    policy: tuple[str, ...],
    form: str,
) -> None:
    """List the checks, all or filtered, with those of the policies that kubeguard.yaml names."""
    catalogue = known(policy)
    found = list(_filtered(catalogue, family, profile, framework, like))
    if form == "json":
        import orjson

        say(orjson.dumps([record(c) for c in found], option=orjson.OPT_INDENT_2).decode())
    elif found:
        say("\n".join(_table(found)))
    note(f"{len(found)} of {len(catalogue)} checks; kubeguard explain ID tells more")


def _filtered(
    checks: Sequence[Check],
    family: str | None,
    profile: str | None,
    framework: str | None,
    like: str | None,
) -> Iterable[Check]:
    """The checks that all filters let through. Raises UsageError for one that none can pass."""
    _refuse_unknown(checks, family, framework, like)
    for check in checks:
        if family is not None and check.family != family:
            continue
        if profile and check.profile > Profile[profile.upper()]:
            continue
        if framework is not None and not _serves(check, framework):
            continue
        if like is not None and not _is_counterpart(check, like):
            continue
        yield check


def _refuse_unknown(
    checks: Sequence[Check], family: str | None, framework: str | None, like: str | None
) -> None:
    families = sorted({check.family for check in checks})
    if family is not None and family not in families:
        raise UsageError(f"no family is called {family[:60]!r}", f"there are {_list(families)}")
    if framework is not None and not any(_serves(check, framework) for check in checks):
        refs = {ref for check in checks for ref in check.refs}
        names = sorted({_NUMBER.sub("", ref.partition(" ")[0]) for ref in refs})
        hint = suggest(framework, [*refs, *names]) or f"there are {_list(names)}"
        raise UsageError(f"no check serves {framework[:60]!r}", hint)
    if like is not None and not any(_is_counterpart(check, like) for check in checks):
        theirs = {name for check in checks for name in check.like}
        bare = {name.partition(":")[2] for name in theirs}
        tools = sorted({name.partition(":")[0] for name in theirs})
        hint = suggest(like, [*theirs, *bare]) or f"there are ids of {_list(tools)}"
        raise UsageError(f"no check is the counterpart of {like[:60]!r}", hint)


_NUMBER = re.compile(r"-\d.*")


def _list(names: Iterable[str]) -> str:
    return ", ".join(names)


def _serves(check: Check, framework: str) -> bool:
    return any(_mentions(ref, framework) for ref in check.refs)


def _is_counterpart(check: Check, theirs: str) -> bool:
    return any(is_like(name, theirs) for name in check.like)


def _mentions(ref: str, framework: str) -> bool:
    """`CIS-Docker` and `CIS-Docker 4` are about `CIS-Docker 4.1`, but 4.1 is not about 4.10."""
    asked = framework.lower()
    return ref.lower().startswith(asked) and not ref[len(asked) :][:1].isalnum()


def record(check: Check) -> dict[str, object]:
    """A check as JSON shows it."""
    return {
        "id": check.id,
        "name": check.name,
        "title": check.title,
        "family": check.family,
        "style": check.style or "built-in",
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
    """A line for each check, what tells them apart first: a narrow terminal cuts the end."""
    room = shutil.get_terminal_size().columns if on_terminal() else None
    ids, width = max(len(check.id) for check in found), max(len(check.name) for check in found)
    for check in found:
        severity, last = check.severity.name.lower(), check.style or check.profile.name.lower()
        line = f"{check.id:{ids}}  {check.name:{width}}  {severity:8}  {last:10}  {check.title}"
        yield f"{line[: room - 1]}…" if room and len(line) > room else line
