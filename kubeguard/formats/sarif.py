"""SARIF 2.1.0 (OASIS, errata 01), for code scanning.

GitHub takes 25,000 results and shows 5,000 of a run, the worst first; 20 tags a rule; 10 MB zipped.
"""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

from kubeguard.formats._context import Context
from kubeguard.formats._digest import failed, skipped
from kubeguard.formats._json import array, dumps
from kubeguard.formats._pages import page
from kubeguard.formats._printable import printable
from kubeguard.model.finding import Check, Finding, Outcome, Report, Spelling, Suppression
from kubeguard.model.location import Span, dotted
from kubeguard.model.severity import Severity

_SCHEMA = (
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
)
_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "note",
    Severity.INFO: "note",
}
_SCORES = {
    Severity.CRITICAL: "9.5",
    Severity.HIGH: "8.0",
    Severity.MEDIUM: "5.5",
    Severity.LOW: "3.0",
}
"""What GitHub turns back into a severity: above 9.0, from 7.0, from 4.0, and below."""
_MOST_TAGS = 20


def render(report: Report, context: Context) -> Iterator[str]:
    """One run: rules, artifacts, results, and everything that kept the scan from being complete."""
    checks = {check.id: check for check in context.checks}
    checks |= {finding.check.id: finding.check for finding in report.findings}
    rules = sorted(checks)
    files = dict.fromkeys(account.source for account in report.accounts)
    files |= dict.fromkeys(finding.location.source for finding in report.findings)
    encode = _Results(
        {rule: index for index, rule in enumerate(rules)},
        {source: index for index, source in enumerate(files)},
        baseline=any(finding.known for finding in report.findings),
    )
    driver = {
        "name": "kubeguard",
        "semanticVersion": context.version,
        "rules": [_rule(checks[rule], context.docs) for rule in rules],
    }
    run = {
        "tool": {"driver": driver},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(report)],
        "artifacts": [{"location": {"uri": uri(source)}} for source in files],
    }
    head = f'{{"$schema":"{_SCHEMA}","version":"2.1.0","runs":[{dumps(run)[:-1]},"results":'
    return array(report.findings, encode.result, head, "}]}")


def uri(source: str) -> str:
    """A name as a URI reference (RFC 3986): relative stays relative, bytes stay the bytes."""
    name = source.replace("\\", "/") if source[1:3] == ":\\" else source
    try:
        data = name.encode(errors="surrogateescape")
    except UnicodeEncodeError:
        data = name.encode(errors="surrogatepass")
    if name.startswith("/"):
        return f"file://{quote(data, safe='/:')}"
    return f"file:///{quote(data, safe='/:')}" if name[1:3] == ":/" else quote(data, safe="/")


def _rule(check: Check, docs: str) -> dict[str, Any]:
    text = page(check)
    properties: dict[str, Any] = {
        "tags": ["security", check.family, *check.refs][:_MOST_TAGS],
        "precision": "high",
        "problem.severity": {"error": "error", "warning": "warning", "note": "recommendation"}[
            _LEVELS[check.severity]
        ],
    }
    if check.severity in _SCORES:
        properties["security-severity"] = _SCORES[check.severity]
    rule = {
        "id": check.id,
        "name": check.name,
        "shortDescription": {"text": check.title},
        "fullDescription": {"text": text.why},
        "help": {"text": text.markdown, "markdown": text.markdown},
        "defaultConfiguration": {"level": _LEVELS[check.severity]},
        "properties": properties,
    }
    return rule | {"helpUri": f"{docs}/{check.id}"} if docs else rule


class _Results:
    """Turns findings into results that refer to rules and artifacts by index."""

    def __init__(self, rules: dict[str, int], files: dict[str, int], baseline: bool) -> None:
        self.rules = rules
        self.files = files
        self.baseline = baseline

    def result(self, finding: Finding) -> dict[str, Any]:
        suppression, fix = finding.suppression, finding.fix
        message = printable(finding.message)
        if fix:
            message = f"{message}. Fix: {printable(fix.hint)}."
        result = {
            "ruleId": finding.check.id,
            "ruleIndex": self.rules[finding.check.id],
            "level": _LEVELS[finding.severity],
            "message": {"text": message},
            "locations": [self._location(finding)],
            "partialFingerprints": {"kubeguard/v1": finding.fingerprint},
            "suppressions": [_suppression(suppression)] if suppression else [],
        }
        if self.baseline:
            result["baselineState"] = "unchanged" if finding.known else "new"
        return result

    def _location(self, finding: Finding) -> dict[str, Any]:
        location = finding.location
        artifact = {"uri": uri(location.source), "index": self.files[location.source]}
        physical: dict[str, Any] = {"artifactLocation": artifact}
        if location.span:
            physical["region"] = _region(location.span)
        path = printable(dotted(location.path))
        return {
            "physicalLocation": physical,
            "logicalLocations": [
                {
                    "name": printable(str(finding.subject)),
                    "fullyQualifiedName": f"{printable(str(finding.subject))} {path}".strip(),
                    "kind": "object",
                }
            ],
        }


def _region(span: Span) -> dict[str, int]:
    return {
        "startLine": span.line,
        "startColumn": span.column,
        "endLine": span.end_line,
        "endColumn": span.end_column,
    }


def _suppression(suppression: Suppression) -> dict[str, Any]:
    external = suppression.spelling is Spelling.CONFIGURATION
    until = f" (until {suppression.expires})" if suppression.expires else ""
    return {
        "kind": "external" if external else "inSource",
        "status": "accepted",
        "justification": printable(suppression.reason) + until,
    }


def _invocation(report: Report) -> dict[str, Any]:
    return {
        "executionSuccessful": report.complete,
        "toolExecutionNotifications": [*_notifications(report)],
    }


def _notifications(report: Report) -> Iterator[dict[str, Any]]:
    """Crashed checks and failed inputs as errors; skipped inputs as notes, one for each reason."""
    for fault in report.faults:
        text = f"{fault.check} crashed on {fault.source}: {fault.reason}"
        notice = _notice("error", text, [fault.source])
        yield notice | {"associatedRule": {"id": printable(fault.check)}}
    for account in failed(report):
        yield _notice("error", f"{account.source} failed: {account.reason}", [account.source])
    for reason, accounts in skipped(report):
        yield _notice("note", f"skipped: {reason}", [account.source for account in accounts])
    if not report.count(Outcome.JUDGED):
        yield _notice("error", "nothing was judged", [])


def _notice(level: str, text: str, sources: list[str]) -> dict[str, Any]:
    return {
        "level": level,
        "message": {"text": printable(text)},
        "locations": [
            {"physicalLocation": {"artifactLocation": {"uri": uri(source)}}} for source in sources
        ],
    }
