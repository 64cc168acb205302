"""What every format asks of a report: what is where, how much of it, what was not judged."""

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from kubeguard.formats._printable import printable
from kubeguard.model.finding import Account, Finding, Outcome, Report
from kubeguard.model.severity import Severity


def by_file(report: Report) -> list[tuple[str, list[Finding]]]:
    """The findings of each input that has any: inputs in their order, findings by place."""
    files: dict[str, list[Finding]] = {account.source: [] for account in report.accounts}
    for finding in report.findings:
        name = finding.location.source
        if name in files:
            files[name].append(finding)
        else:
            files[name] = [finding]
    for findings in files.values():
        findings.sort(key=_place)
    return [(name, findings) for name, findings in files.items() if findings]


def _place(finding: Finding) -> tuple[int, int, int]:
    span = finding.location.span
    return (span.line, span.column, span.end_column) if span else (0, 0, 0)


class Tally(NamedTuple):
    """How many findings count, by severity from the worst, and how many do not."""

    by_severity: Mapping[Severity, int]
    suppressed: int
    known: int

    @property
    def total(self) -> int:
        """The findings that count."""
        return sum(self.by_severity.values())

    def at_least(self, floor: Severity) -> int:
        """The findings that count, at or above a severity."""
        return sum(count for severity, count in self.by_severity.items() if severity >= floor)


def tally(report: Report) -> Tally:
    """Count the findings once."""
    counts: Counter[Severity] = Counter()
    suppressed = known = 0
    for finding in report.findings:
        if finding.suppression is not None:
            suppressed += 1
        elif finding.known:
            known += 1
        else:
            counts[finding.severity] += 1
    worst_first = sorted(counts.items(), reverse=True)
    return Tally(dict(worst_first), suppressed, known)


def skipped(report: Report) -> list[tuple[str, list[Account]]]:
    """The skipped inputs by reason, the most frequent reason first."""
    reasons: dict[str, list[Account]] = {}
    for account in report.accounts:
        if account.outcome is Outcome.SKIPPED:
            reasons.setdefault(account.reason or account.what, []).append(account)
    return sorted(reasons.items(), key=lambda item: -len(item[1]))


def failed(report: Report) -> list[Account]:
    """The inputs that could not be judged though they should have been."""
    return [account for account in report.accounts if account.outcome is Outcome.FAILED]


def objects(report: Report) -> int:
    """How many objects were judged."""
    return sum(a.objects for a in report.accounts if a.outcome is Outcome.JUDGED)


def title(finding: Finding) -> str:
    """The object a finding is about; '' when that is just the file."""
    subject = finding.subject
    return "" if subject.name == finding.location.source else printable(str(subject))


def settled(finding: Finding) -> str:
    """Why a finding does not count, in words; '' when it does."""
    suppression = finding.suppression
    if suppression is None:
        return "in the baseline" if finding.known else ""
    until = f", until {suppression.expires}" if suppression.expires else ""
    return f"suppressed by {suppression.spelling.value}: {printable(suppression.reason)}{until}"


def plural(count: int, noun: str) -> str:
    """`1 finding`, `2 findings`."""
    return f"{count:,} {noun}" if count == 1 else f"{count:,} {noun}s"


def word(severity: Severity) -> str:
    """The severity as people write it."""
    return WORDS[severity]


WORDS: Mapping[Severity, str] = {severity: severity.name.lower() for severity in Severity}
