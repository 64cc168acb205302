"""Annotations of GitHub Actions, which shows ten errors and ten warnings of a step: worst first."""

from collections.abc import Iterator

from kubeguard.formats._context import Context
from kubeguard.formats._digest import by_file, failed, skipped, tally
from kubeguard.formats._paint import Paint
from kubeguard.formats._printable import printable
from kubeguard.formats._summary import headline, inputs
from kubeguard.model.finding import Finding, Outcome, Report
from kubeguard.model.location import Span
from kubeguard.model.severity import Severity

_LEVELS = {
    Severity.CRITICAL: "error",
    Severity.HIGH: "error",
    Severity.MEDIUM: "warning",
    Severity.LOW: "notice",
    Severity.INFO: "notice",
}


def render(report: Report, context: Context) -> str:
    """One workflow command a line: what failed, what was found, then the summary."""
    return "".join(f"{line}\n" for line in _lines(report, context))


def _lines(report: Report, context: Context) -> Iterator[str]:
    for account in failed(report):
        yield _command("error", account.reason, file=account.source, title="input failed")
    for fault in report.faults:
        yield _command("error", fault.reason, file=fault.source, title=f"{fault.check} crashed")
    if not report.count(Outcome.JUDGED):
        yield _command("error", "nothing was judged", title="kubeguard")
    findings = [f for _, group in by_file(report) for f in group if f.counts]
    yield from map(_annotation, sorted(findings, key=_worst_first))
    for reason, accounts in skipped(report):
        yield _command("notice", f"skipped: {reason} ({len(accounts):,})", title="kubeguard")
    found = headline(tally(report), context.fail_on, Paint(color=False))
    yield _command("notice", f"{found}. {inputs(report)}.", title="kubeguard")


def _worst_first(finding: Finding) -> int:
    return -finding.severity


def _annotation(finding: Finding) -> str:
    check, fix = finding.check, finding.fix
    message = f"{finding.message}\nfix: {fix.hint}" if fix else finding.message
    return _command(
        _LEVELS[finding.severity],
        message,
        file=finding.location.source,
        **_place(finding.location.span),
        title=f"{check.id} {check.title}",
    )


def _place(span: Span | None) -> dict[str, str]:
    """Lines, and columns where GitHub takes them: on one line, the last one included."""
    if span is None:
        return {}
    lines = {"line": str(span.line), "endLine": str(span.end_line)}
    if span.line != span.end_line:
        return lines
    last = max(span.column, span.end_column - 1)
    return lines | {"col": str(span.column), "endColumn": str(last)}


def _command(level: str, message: str, **properties: str) -> str:
    """`::error file=a.yaml,line=3::message`, escaped as actions/toolkit does."""
    fields = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    lines = "%0A".join(_data(line) for line in message.split("\n"))
    return f"::{level} {fields}::{lines}"


def _data(text: str) -> str:
    return printable(text).replace("%", "%25")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
