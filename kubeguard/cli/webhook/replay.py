"""`kubeguard webhook replay`: recorded reviews, answered by the policy at hand."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click

from kubeguard.cli.connecting import needs
from kubeguard.cli.output import note, say
from kubeguard.errors import UsageError
from kubeguard.formats._digest import plural
from kubeguard.formats._printable import printable
from kubeguard.policy.configuration import Options
from kubeguard.policy.sources import PolicySource


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False),
    help="Instead of the nearest kubeguard.yaml.",
)
@click.option("--policy", multiple=True, metavar="PATH", help="Policies in Rego, as in scan.")
@click.option(
    "--compare",
    type=click.Path(exists=True, dir_okay=False),
    metavar="FILE",
    help="Another kubeguard.yaml: who would newly be denied?",
)
@click.option("--all", "everything", is_flag=True, help="Also what is allowed without a word.")
def replay(
    files: tuple[str, ...],
    config: str | None,
    policy: tuple[str, ...],
    compare: str | None,
    everything: bool,
) -> None:
    """Tell what the webhook would have answered to the reviews in FILEs.

    A FILE holds one AdmissionReview, a list, JSON lines, or an audit log with request objects; a
    folder holds such files; - is standard input. Exit code 1: something is (newly) denied.
    """
    try:
        from kubeguard.webhook.replay import replay as replayed
    except ModuleNotFoundError as error:
        raise needs(error) from None
    options = Options(policies=tuple(map(PolicySource, policy)))
    other = _hook(compare, Options()) if compare else None
    counts: Counter[str] = Counter()
    newly: Counter[tuple[str, str, str]] = Counter()
    for each in replayed(_reviews(files), _hook(config, options), other):
        response = each.answered.response
        verdict = "deny" if not response.allowed else "warn" if response.warnings else "allow"
        counts[verdict] += 1
        if each.newly_denied:
            newly[each.request.namespace, each.owner, each.request.user_info.username] += 1
        told = each.other.response if each.newly_denied and each.other else response
        if each.newly_denied if compare else (everything or verdict != "allow"):
            _tell(each.request, "newly denied" if compare else verdict, told)
    _summary(counts, newly if compare else None)
    raise SystemExit(1 if (newly if compare else counts["deny"]) else 0)


def _hook(config: str | None, options: Options) -> Any:
    from kubeguard.webhook.hook import Webhook
    from kubeguard.webhook.server import load

    loaded = load(config, options)
    return Webhook(loaded.policy, loaded.checks, lambda _: {})


def _reviews(files: tuple[str, ...]) -> Iterator[dict[str, Any]]:
    from kubeguard.webhook import records

    for name in files:
        if name == "-":
            yield from records.reviews(name, sys.stdin.buffer.read())
            continue
        path = Path(name)
        if not path.exists():
            raise UsageError(f"there is no {name[:200]!r}")
        for file in sorted(path.rglob("*.json*")) if path.is_dir() else (path,):
            yield from records.reviews(str(file), file.read_bytes())


def _tell(request: Any, verdict: str, response: Any) -> None:
    user = request.user_info.username
    about = f"{request.operation.value} {request.what} by {user or 'nobody'}"
    say(f"{verdict}  {printable(about)}")
    for line in (*response.message.splitlines()[1:], *response.warnings):
        say(f"  {line}")


def _summary(counts: Counter[str], newly: Counter[tuple[str, str, str]] | None) -> None:
    if newly is not None:
        for (namespace, owner, user), number in newly.most_common():
            where = f"{namespace or 'the cluster'}: {owner}, asked for by {user or 'nobody'}"
            say(f"{number:6} newly denied in {printable(where)}")
    told = ", ".join(f"{counts[verdict]} {verdict}" for verdict in ("deny", "warn", "allow"))
    note(f"{plural(counts.total(), 'review')}: {told}")
