"""What is wrong, where, and the way out, in as few lines as a tired reader needs."""

from collections.abc import Iterator
from itertools import groupby
from operator import attrgetter

from kubeguard.formats._block import Block, address
from kubeguard.formats._context import Context
from kubeguard.formats._digest import by_file, failed, title, word
from kubeguard.formats._paint import Paint
from kubeguard.formats._printable import no_command, printable
from kubeguard.formats._summary import summary
from kubeguard.model.finding import Finding, Outcome, Report


def render(report: Report, context: Context) -> Iterator[str]:
    """Blocks by file and object, then a summary; or, when quiet, one line per finding."""
    style = context.style
    paint = Paint(style.color)
    if style.quiet:
        yield "".join(f"{no_command(line)}\n" for line in _quiet(report, paint))
        return
    for source, findings in by_file(report):
        shown = findings if style.verbose else [f for f in findings if f.counts]
        if shown:
            name = paint.strong(no_command(printable(source)))
            yield "\n".join([name, *_file(shown, paint, style.width), "\n"])
    yield "\n".join([*summary(report, context, paint), ""])


def _quiet(report: Report, paint: Paint) -> Iterator[str]:
    """What counts, as compilers write it, and whatever kept the scan from being complete."""
    for _, findings in by_file(report):
        for finding in findings:
            if finding.counts:
                label = paint.severity(finding.severity, word(finding.severity))
                message = printable(finding.message)
                yield f"{address(finding)}: {label} {finding.check.id} {message}"
    for account in failed(report):
        yield f"{printable(account.source)}: failed: {printable(account.reason)}"
    for fault in report.faults:
        yield printable(f"{fault.source}: fault: {fault.check} crashed: {fault.reason}")
    if not report.count(Outcome.JUDGED):
        yield "nothing was judged"


def _file(findings: list[Finding], paint: Paint, width: int) -> list[str]:
    """The objects of one file, each with its findings; those on one line share its frame."""
    lines: list[str] = []
    last = findings[-1].location.span
    block = Block(lines, paint, width, gutter=max(5, len(str(last.line)) + 2) if last else 5)
    named = ""
    for _, group in groupby(findings, attrgetter("subject")):
        about = [*group]
        if (name := title(about[0])) != named:
            named = name
            lines.append(f"  {no_command(name)}")
        for _, sharing in groupby(about, _line):
            block.write([*sharing])
    return lines


def _line(finding: Finding) -> int:
    span = finding.location.span
    return span.line if span else 0
