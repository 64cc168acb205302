"""A judgement as the API server passes it on: to a person, to a client, to the audit log."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from kubeguard.formats._printable import printable
from kubeguard.model.location import dotted
from kubeguard.policy.admission import Mode
from kubeguard.webhook.judge import Decision, Judgement
from kubeguard.webhook.review import Request, Response

MOST_LINES = 16
"""Findings in a denial: it has to fit on a screen."""
LONGEST_LINE = 200
MOST_WARNINGS = 16
LONGEST_WARNING = 250
"""The API server cuts warnings of more than 256 bytes, and all of them beyond 4 KiB together."""
ALL_WARNINGS = 3_800


def respond(request: Request, judgement: Judgement, on_fault: Mode, policy: str) -> Response:
    """The answer to a request; `policy` is the fingerprint of what it was judged by."""
    if judgement.exempt:
        return Response(True, annotations={"exempt": judgement.exempt, "policy": policy})
    if judgement.refusal:
        annotations = {"verdict": "deny", "policy": policy}
        return Response(False, f"kubeguard: {judgement.refusal}", annotations=annotations)
    if not judgement.decisions and not judgement.faults:
        return Response(True, annotations={"verdict": "allow", "policy": policy})
    denied = [each for each in judgement.decisions if each.mode is Mode.DENY]
    warned = [each for each in judgement.decisions if each.mode is Mode.WARN]
    faults = [f"not judged: {printable(fault)}" for fault in judgement.faults]
    broken = bool(faults) and on_fault is Mode.DENY
    allowed = not denied and not broken
    return Response(
        allowed,
        "" if allowed else denial(request, denied, faults if broken else ()),
        warnings=tuple(warnings([*([] if broken else faults), *map(line, warned)])),
        annotations=_annotations(judgement, allowed, policy),
    )


def line(decision: Decision) -> str:
    """A finding on one line: the check, the place, the message."""
    finding = decision.finding
    path = dotted(finding.location.path)
    at = f" {path}" if path else ""
    before = " (it was so before)" if decision.unchanged else ""
    return printable(f"{finding.check.id}{at}: {finding.message}{before}")


def denial(request: Request, denied: Sequence[Decision], faults: Sequence[str]) -> str:
    """What a person reads whose request is denied, on one screen."""
    said = f"kubeguard denies {printable(request.what)}"
    told = [*faults, *map(line, sorted(denied, key=_gravest_first))]
    lines = [_cut(each, LONGEST_LINE) for each in told[:MOST_LINES]]
    if len(told) > MOST_LINES:
        lines.append(f"... and {len(told) - MOST_LINES} more")
    if denied:
        first = min(denied, key=_gravest_first).finding.check.id
        lines.append(f"what to do: kubeguard explain {first}")
    return "\n".join([said, *lines])


def warnings(told: Sequence[str]) -> Iterator[str]:
    """Warnings within the limits of the API server; the last says how many are left out."""
    spent = 0
    for number, each in enumerate(told):
        text = f"kubeguard: {each}"
        text = _cut(text, LONGEST_WARNING)
        spent += len(text.encode())
        if number == MOST_WARNINGS - 1 < len(told) - 1 or spent > ALL_WARNINGS:
            yield f"kubeguard: ... and {len(told) - number} more"
            return
        yield text


def _annotations(judgement: Judgement, allowed: bool, policy: str) -> dict[str, str]:
    said = {"verdict": "allow" if allowed else "deny", "policy": policy}
    for mode in Mode:
        if found := _checks(d for d in judgement.decisions if d.mode is mode):
            said[mode.value] = found
    if judgement.faults:
        said["faults"] = printable("; ".join(judgement.faults))[:1_000]
    return said


def _checks(decisions: Iterable[Decision]) -> str:
    return ",".join(sorted({each.finding.check.id for each in decisions}))


def _gravest_first(decision: Decision) -> tuple[int, str]:
    return -decision.finding.severity, decision.finding.check.id


def _cut(text: str, most: int) -> str:
    """The text in at most so many bytes."""
    if len(text.encode()) <= most:
        return text
    return text.encode()[: most - 3].decode(errors="ignore") + "..."
