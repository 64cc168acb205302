"""A pull request comment: a table to glance at, the findings folded under their files."""

import re
from collections.abc import Iterator

from kubeguard.formats._block import address, place
from kubeguard.formats._cells import fit
from kubeguard.formats._context import Context
from kubeguard.formats._digest import by_file, failed, plural, settled, skipped, tally, word
from kubeguard.formats._paint import Paint
from kubeguard.formats._printable import printable
from kubeguard.formats._summary import circumstances, headline, inputs
from kubeguard.model.finding import Finding, Outcome, Report

LONGEST = 60_000
"""Characters; GitHub refuses a comment of more than 65,536."""

_LINE = 120
_ROWS = 100
"""Rows of one section, so that a large file is cut inside, not left out."""
_SPECIAL = re.compile(r"[^\w ,.'/:=()%;?+\"-]|_|:(?=//)|(?<=www)\.", re.IGNORECASE)


def render(report: Report, context: Context) -> str:
    """Everything that fits a comment: sections are dropped from the end, and counted."""
    head, *sections = _sections(report, context)
    text = head
    for index, section in enumerate(sections):
        if len(text) + len(section) > LONGEST:
            left = plural(len(sections) - index, "more section")
            return f"{text}\n{left}: too long for a comment.\n"
        text += section
    return text


def escape(text: str) -> str:
    """Text that is text: no markup, no HTML, no cell border, no link, and nobody is notified."""
    return _SPECIAL.sub(_entity, printable(text))


def code(text: str) -> str:
    """Text in a code span, whatever is in it."""
    return f"<code>{_SPECIAL.sub(_entity, printable(text))}</code>"


def _entity(match: re.Match[str]) -> str:
    """An entity is never markup; a joiner after `@` and `#` keeps them from being references."""
    reference = "&#8203;" if match[0] in "@#" else ""
    return f"&#{ord(match[0])};{reference}"


def _sections(report: Report, context: Context) -> Iterator[str]:
    yield _head(report, context)
    yield from _trouble(report)
    settled_ones = []
    for source, findings in by_file(report):
        counting = [finding for finding in findings if finding.counts]
        settled_ones += [finding for finding in findings if not finding.counts]
        for first in range(0, len(counting), _ROWS):
            yield _file(source, counting, first)
    if settled_ones:
        rows = [_settled(finding) for finding in settled_ones]
        yield _fold(f"{len(settled_ones):,} suppressed or in the baseline", _list(rows))
    for reason, accounts in skipped(report):
        names = [code(account.source) for account in accounts]
        yield _fold(f"{plural(len(accounts), 'input')} skipped: {escape(reason)}", _list(names))


def _head(report: Report, context: Context) -> str:
    found = tally(report)
    lines = [f"### kubeguard: {headline(found, context.fail_on, Paint(color=False))}", ""]
    if found.total:
        severities = found.by_severity.items()
        lines += [
            "| " + " | ".join(word(severity) for severity, _ in severities) + " |",
            "|" + " ---: |" * len(severities),
            "| " + " | ".join(f"{count:,}" for _, count in severities) + " |",
            "",
        ]
    lines.append(f"{inputs(report)}. {escape(circumstances(context))}.")
    return "\n".join(lines) + "\n"


def _trouble(report: Report) -> Iterator[str]:
    rows = [f"failed: {code(a.source)}: {escape(a.reason)}" for a in failed(report)]
    rows += [
        f"fault: {escape(f.check)} crashed on {code(f.source)}: {escape(f.reason)}"
        for f in report.faults
    ]
    if not report.count(Outcome.JUDGED):
        rows.append("nothing was judged")
    if rows:
        yield f"\n**This scan is not complete.**\n\n{_list(rows)}"


def _list(rows: list[str]) -> str:
    more = [f"and {len(rows) - _ROWS:,} more"] if len(rows) > _ROWS else []
    return "".join(f"- {row}\n" for row in [*rows[:_ROWS], *more])


def _file(source: str, findings: list[Finding], first: int) -> str:
    """A table of the findings from the first on, as many as a section holds."""
    shown = findings[first : first + _ROWS]
    what = plural(len(findings), "finding")
    if len(shown) < len(findings):
        what = f"{first + 1:,} to {first + len(shown):,} of {what}"
    rows = "".join(f"{_row(finding)}\n" for finding in shown)
    table = f"| Place | Severity | Finding |\n| ---: | --- | --- |\n{rows}"
    return _fold(f"{code(source)}: {what}", table)


def _row(finding: Finding) -> str:
    cell = [f"**{escape(finding.check.id)}** {escape(finding.message)}"]
    line = _offending(finding)
    if line:
        cell.append(code(line))
    if finding.fix:
        cell.append(f"fix: {escape(finding.fix.hint)}")
    return f"| {escape(place(finding))} | {word(finding.severity)} | {'<br>'.join(cell)} |"


def _offending(finding: Finding) -> str:
    span, excerpt = finding.location.span, finding.excerpt
    if not span or not excerpt or not 0 <= span.line - excerpt.first < len(excerpt.lines):
        return ""
    return fit(printable(excerpt.lines[span.line - excerpt.first].strip()), _LINE)


def _settled(finding: Finding) -> str:
    where = code(address(finding))
    return f"{where} {finding.check.id} {escape(finding.message)} ({escape(settled(finding))})"


def _fold(title: str, body: str) -> str:
    return f"\n<details><summary>{title}</summary>\n\n{body}\n</details>\n"
