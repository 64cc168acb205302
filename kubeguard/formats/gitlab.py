"""GitLab Code Quality, which drops every second issue that bears the same fingerprint."""

from collections.abc import Iterator
from hashlib import blake2b
from typing import Any

from kubeguard.formats._context import Context
from kubeguard.formats._digest import by_file, failed, plural, skipped
from kubeguard.formats._json import array
from kubeguard.formats._printable import printable
from kubeguard.model.finding import Finding, Outcome, Report
from kubeguard.model.severity import Severity

_SEVERITIES = {
    Severity.CRITICAL: "blocker",
    Severity.HIGH: "critical",
    Severity.MEDIUM: "major",
    Severity.LOW: "minor",
    Severity.INFO: "info",
}


def render(report: Report, _: Context) -> Iterator[str]:
    """A JSON array of issues; suppressed findings are left out, there is no field for them."""
    issues = [*_troubles(report)]
    for _source, findings in by_file(report):
        issues += [_issue(finding) for finding in findings if finding.suppression is None]
    seen: dict[str, int] = {}
    for issue in issues:
        key = issue["fingerprint"]
        seen[key] = seen.get(key, 0) + 1
        if seen[key] > 1:
            issue["fingerprint"] = _digest(f"{key} {seen[key]}")
    return array(issues, dict)


def _issue(finding: Finding) -> dict[str, Any]:
    span, fix = finding.location.span, finding.fix
    hint = f" (fix: {printable(fix.hint)})" if fix else ""
    issue = _entry(
        finding.location.source,
        finding.check.id,
        f"{printable(finding.message)}{hint}",
        _SEVERITIES[finding.severity],
    )
    issue["fingerprint"] = finding.fingerprint
    if span:
        issue["location"]["lines"] = {"begin": span.line, "end": span.end_line}
    return issue


def _troubles(report: Report) -> Iterator[dict[str, Any]]:
    """What kept the scan from being complete, as issues too: nothing else is shown."""
    for account in failed(report):
        text = f"input failed: {account.reason}"
        yield _entry(account.source, "kubeguard-failed", text, "blocker")
    for fault in report.faults:
        text = f"{fault.check} crashed: {fault.reason}"
        yield _entry(fault.source, "kubeguard-fault", text, "blocker")
    if not report.count(Outcome.JUDGED):
        yield _entry(".", "kubeguard-empty", "nothing was judged", "blocker")
    for reason, accounts in skipped(report):
        text = f"{plural(len(accounts), 'input')} skipped: {reason}"
        yield _entry(accounts[0].source, "kubeguard-skipped", text, "info")


def _entry(source: str, check: str, text: str, severity: str) -> dict[str, Any]:
    path = printable(source).removeprefix("./")
    return {
        "description": printable(text),
        "check_name": check,
        "fingerprint": _digest(f"{check} {path} {text}"),
        "severity": severity,
        "location": {"path": path, "lines": {"begin": 1}},
    }


def _digest(text: str) -> str:
    return blake2b(text.encode(errors="surrogatepass"), digest_size=16).hexdigest()
