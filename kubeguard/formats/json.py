"""Everything the report holds, for programs; docs/json.md says what each field means."""

from typing import Any

from kubeguard.formats._context import Context
from kubeguard.formats._digest import WORDS, tally
from kubeguard.formats._json import array, dumps
from kubeguard.model.finding import Account, Check, Finding, Outcome, Report

VERSION = 1
"""Rises when a field goes away or changes its meaning; new fields do not raise it."""


def render(report: Report, context: Context) -> str:
    """One JSON object, on one line, the findings last; report.schema.json describes it."""
    checks = {check.id: check for check in context.checks}
    checks |= {finding.check.id: finding.check for finding in report.findings}
    head = dumps(
        {
            "version": VERSION,
            "tool": {"name": "kubeguard", "version": context.version},
            "policy": {
                "profile": context.profile.name.lower(),
                "fail_on": WORDS[context.fail_on] if context.fail_on else None,
                "kubernetes_version": context.kubernetes or None,
            },
            "duration": context.duration,
            "complete": report.complete,
            "summary": _summary(report),
            "faults": [
                {"check": fault.check, "file": fault.source, "reason": fault.reason}
                for fault in report.faults
            ],
            "inputs": [_input(account) for account in report.accounts],
            "checks": [_check(check) for _, check in sorted(checks.items())],
        }
    )
    return f'{head[:-1]},"findings":{array(report.findings, _finding)}}}\n'


def _summary(report: Report) -> dict[str, Any]:
    found = tally(report)
    return {
        "findings": {word: found.by_severity.get(s, 0) for s, word in WORDS.items()},
        "suppressed": found.suppressed,
        "known": found.known,
        "faults": len(report.faults),
        "inputs": {outcome.value: report.count(outcome) for outcome in Outcome},
    }


def _finding(finding: Finding) -> dict[str, Any]:
    """Spans, objects and excerpts are written as their dataclasses are: orjson knows them."""
    location, fix, suppression = finding.location, finding.fix, finding.suppression
    return {
        "check": finding.check.id,
        "severity": WORDS[finding.severity],
        "message": finding.message,
        "file": location.source,
        "span": location.span,
        "document": location.document,
        "path": location.path,
        "object": finding.subject,
        "excerpt": finding.excerpt,
        "fix": {"hint": fix.hint, "grade": fix.grade} if fix else None,
        "suppression": {
            "reason": suppression.reason,
            "by": suppression.spelling,
            "expires": suppression.expires,
        }
        if suppression
        else None,
        "known": finding.known,
        "fingerprint": finding.fingerprint,
    }


def _input(account: Account) -> dict[str, Any]:
    return {
        "file": account.source,
        "outcome": account.outcome,
        "what": account.what,
        "reason": account.reason,
        "objects": account.objects,
    }


def _check(check: Check) -> dict[str, Any]:
    return {
        "id": check.id,
        "name": check.name,
        "title": check.title,
        "severity": WORDS[check.severity],
        "profile": check.profile.name.lower(),
        "family": check.family,
        "refs": check.refs,
        "like": check.like,
    }
