"""Everything the report holds, for programs; docs/json.md says what each field means."""

from collections.abc import Iterator
from typing import Any

from kubeguard.formats._context import Context
from kubeguard.formats._digest import WORDS, tally
from kubeguard.formats._json import array, dumps
from kubeguard.model.finding import Account, Check, Finding, Outcome, Report, Suppression
from kubeguard.model.location import Span

VERSION = 1
"""Rises when a field goes away or changes its meaning; new fields do not raise it."""


def render(report: Report, context: Context) -> Iterator[str]:
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
    return array(report.findings, _finding, f'{head[:-1]},"findings":', "}")


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
    location, span, subject = finding.location, finding.location.span, finding.subject
    excerpt, fix = finding.excerpt, finding.fix
    return {
        "check": finding.check.id,
        "severity": WORDS[finding.severity],
        "message": finding.message,
        "file": location.source,
        "span": _span(span) if span else None,
        "document": location.document,
        "path": location.path,
        "object": {
            "kind": subject.kind,
            "namespace": subject.namespace,
            "name": subject.name,
        },
        "excerpt": {"first": excerpt.first, "lines": excerpt.lines} if excerpt else None,
        "fix": {"hint": fix.hint, "grade": fix.grade.value} if fix else None,
        "suppression": _suppression(finding.suppression) if finding.suppression else None,
        "known": finding.known,
        "fingerprint": finding.fingerprint,
    }


def _span(span: Span) -> dict[str, int]:
    return {
        "line": span.line,
        "column": span.column,
        "end_line": span.end_line,
        "end_column": span.end_column,
    }


def _suppression(suppression: Suppression) -> dict[str, Any]:
    return {
        "reason": suppression.reason,
        "by": suppression.spelling.value,
        "expires": suppression.expires.isoformat() if suppression.expires else None,
    }


def _input(account: Account) -> dict[str, Any]:
    return {
        "file": account.source,
        "outcome": account.outcome.value,
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
