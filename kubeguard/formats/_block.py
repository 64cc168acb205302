"""Findings on one line of a file: what they say, the line, and a caret under each place."""

from itertools import groupby
from textwrap import wrap

from kubeguard.formats._cells import frame
from kubeguard.formats._digest import settled
from kubeguard.formats._paint import LABEL, Paint
from kubeguard.formats._printable import no_command, printable
from kubeguard.model.finding import Finding
from kubeguard.model.location import dotted

_NARROWEST = 60


def place(finding: Finding) -> str:
    """`line:column`, or the path in an object that has no text; '' for all of an input."""
    span = finding.location.span
    return f"{span.line}:{span.column}" if span else printable(dotted(finding.location.path))


def address(finding: Finding) -> str:
    """The input and the place in it, as editors and terminals know to open it."""
    return ":".join(filter(None, (printable(finding.location.source), place(finding))))


class Block:
    """Appends blocks to the lines of one file; `gutter` is as wide as its line numbers."""

    def __init__(self, lines: list[str], paint: Paint, width: int, gutter: int) -> None:
        self.append = lines.append
        self.paint = paint
        self.gutter = gutter
        self.width = max(width, _NARROWEST)
        self.room = self.width - gutter - 3
        self.margin = f"{'':{gutter}} {paint.bar} "

    def write(self, findings: list[Finding]) -> None:
        """What each finding says, then the frame they share; without a frame, each its fix."""
        first = findings[0]
        span, excerpt = first.location.span, first.excerpt
        if span and excerpt and 0 <= (number := span.line - excerpt.first) < len(excerpt.lines):
            for finding in findings:
                self._say(finding)
            self._frame(excerpt.lines[number], span.line, findings)
            return
        for finding in findings:
            self._say(finding)
            if finding.fix:
                self.append(f"{self.margin}{self.paint.fix} {printable(finding.fix.hint)}")

    def _say(self, finding: Finding) -> None:
        """Place, severity, check and message; a long message goes on below its beginning."""
        span = finding.location.span
        line, column = (str(span.line), f":{span.column:<3} ") if span else ("", "     ")
        message = printable(finding.message)
        if not span and (where := place(finding)):
            message = f"{message} at {where}"
        if not finding.counts:
            message = f"{message} [{settled(finding)}]"
        check = finding.check.id
        indent = self.gutter + LABEL + len(check) + 9
        start = f"{line.rjust(self.gutter)}{column}{self.paint.labels[finding.severity]}  {check}  "
        if indent + len(message) <= self.width:
            self.append(start + message)
            return
        room = max(_NARROWEST // 2, self.width - indent)
        head, *rest = wrap(message, room, break_long_words=False, break_on_hyphens=False) or [""]
        self.append(start + head)
        for line in rest:
            self.append(" " * indent + no_command(line))

    def _frame(self, line: str, number: int, findings: list[Finding]) -> None:
        """The line once, and a row of carets for each place in it with the ways out beside them."""
        text = ""
        for same in [findings] if len(findings) == 1 else _by_columns(findings):
            start, end = _columns(same[0])
            shown, before, marks = frame(line, start, end or len(line) + 1, self.room)
            if shown != text:
                text = shown
                self.append(f"{str(number).rjust(self.gutter)} {self.paint.bar} {text}")
            self._carets(before, marks, same)

    def _carets(self, before: int, marks: int, findings: list[Finding]) -> None:
        """Carets in the colour of the worst finding; the fixes to their right where all fit."""
        worst = findings[0].severity
        hints = [printable(finding.fix.hint) for finding in findings if finding.fix]
        if len(findings) > 1:
            worst = max(finding.severity for finding in findings)
            hints = list(dict.fromkeys(hints))
        on, off = self.paint.marks[worst]
        row = f"{self.margin}{' ' * before}{on}{'^' * marks}{off}"
        beside = self.room - before - marks - len(" fix: ")
        below = self.margin
        if hints and len(max(hints, key=len)) <= beside:
            row = f"{row} {self.paint.fix} {hints.pop(0)}"
            below += " " * (before + marks + 1)
        self.append(row)
        for hint in hints:
            self.append(f"{below}{self.paint.fix} {hint}")


def _by_columns(findings: list[Finding]) -> list[list[Finding]]:
    return [[*same] for _, same in groupby(findings, _columns)]


def _columns(finding: Finding) -> tuple[int, int]:
    """First column and the one after the last; 0 when the place goes on below the line."""
    span = finding.location.span
    if span is None:
        return 1, 0
    return span.column, span.end_column if span.end_line == span.line else 0
