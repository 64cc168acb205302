"""One page that needs nothing else: it opens from a mail, prints well, and runs no scanned text."""

from base64 import b64encode
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path as File

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from kubeguard.formats._block import place
from kubeguard.formats._context import Context
from kubeguard.formats._digest import (
    by_file,
    failed,
    objects,
    plural,
    settled,
    skipped,
    tally,
    title,
    word,
)
from kubeguard.formats._pages import page
from kubeguard.formats._printable import printable
from kubeguard.formats._summary import circumstances, limit
from kubeguard.model.finding import Finding, Outcome, Report
from kubeguard.model.location import Span
from kubeguard.model.severity import Severity

_PARTS = File(__file__).parent / "_page"
_LONGEST = 400
"""Characters of a line around the place that are shown."""


def render(report: Report, context: Context) -> str:
    """The whole page; everything is shown where scripts do not run."""
    found = tally(report)
    checks = {finding.check.id: finding.check for finding in report.findings}
    return _template().render(
        style=_Inline.of("page.css"),
        script=_Inline.of("page.js"),
        found=found,
        severities=sorted(Severity, reverse=True),
        limit=limit(found, context.fail_on) if context.fail_on else "",
        files=by_file(report),
        checks=[checks[key] for key in sorted(checks)],
        faults=report.faults,
        failed=failed(report),
        skipped=skipped(report),
        judged=[a for a in report.accounts if a.outcome is Outcome.JUDGED],
        objects=objects(report),
        complete=report.complete,
        circumstances=circumstances(context),
    )


@dataclass(frozen=True, slots=True)
class _Inline:
    """A style or script of ours, and the hash by which the page's policy lets it run."""

    text: Markup
    digest: Markup

    @classmethod
    def of(cls, name: str) -> "_Inline":
        text = (_PARTS / name).read_text(encoding="utf-8")
        digest = b64encode(sha256(text.encode()).digest()).decode()
        return cls(Markup(text), Markup(f"'sha256-{digest}'"))  # noqa: S704 (our own files)


@cache
def _template() -> Template:
    environment = Environment(
        loader=FileSystemLoader(_PARTS),
        autoescape=True,
        finalize=_finalize,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )
    environment.filters |= {"word": word, "plural": plural, "frame": frame}
    environment.filters |= {"place": place, "settled": settled, "page": page, "title": title}
    return environment.get_template("page.html")


def _finalize(value: object) -> object:
    """Whatever the page prints is printable, without anybody having to remember it."""
    return printable(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def frame(finding: Finding) -> Markup:
    """The lines around the finding, one element each, with its place marked."""
    excerpt, span = finding.excerpt, finding.location.span
    if excerpt is None or span is None:
        return Markup()
    rows = [
        f'<span class="row" data-line="{number}">{_row(line, *_marked(span, number, line))}</span>'
        for number, line in enumerate(excerpt.lines, excerpt.first)
    ]
    return Markup("\n".join(rows))  # noqa: S704 (every piece is escaped)


def _marked(span: Span, number: int, line: str) -> tuple[int, int]:
    """The zero-based range of the line that belongs to the place; empty when none does."""
    if not span.line <= number <= span.end_line:
        return 0, 0
    start = span.column - 1 if number == span.line else len(line) - len(line.lstrip())
    end = span.end_column - 1 if number == span.end_line else len(line)
    start = min(start, len(line))
    return start, max(start + (number == span.line), end)


def _row(line: str, start: int, end: int) -> str:
    first = max(0, start - _LONGEST // 4)
    last = first + _LONGEST
    lead, more = "…" if first else "", "…" if len(line) > last else ""
    if start == end:
        return f"{lead}{_code(line[first:last])}{more}"
    marked = _code(line[start : min(end, last)]) or " "
    after = _code(line[end:last]) if end < last else ""
    return f"{lead}{_code(line[first:start])}<mark>{marked}</mark>{after}{more}"


def _code(text: str) -> str:
    return str(escape("\t".join(printable(piece) for piece in text.split("\t"))))
