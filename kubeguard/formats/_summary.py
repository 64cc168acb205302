"""The last lines a reader sees: how much was found, and what nobody looked at."""

from collections.abc import Iterator

from kubeguard.formats._context import Context
from kubeguard.formats._digest import (
    Tally,
    failed,
    objects,
    plural,
    skipped,
    tally,
    word,
)
from kubeguard.formats._paint import Paint
from kubeguard.formats._printable import printable
from kubeguard.model.finding import Outcome, Report
from kubeguard.model.severity import Severity


def summary(report: Report, context: Context, paint: Paint) -> Iterator[str]:
    """Findings by severity, inputs by outcome, every reason, every crashed check."""
    yield headline(tally(report), context.fail_on, paint)
    yield inputs(report)
    yield from _everything(report) if context.style.verbose else _reasons(report, paint)
    for fault in report.faults:
        what = f"{fault.check} crashed on {fault.source}: {fault.reason}"
        yield _row(paint.alarm("fault"), what)
    if not report.count(Outcome.JUDGED):
        yield paint.alarm("Nothing was judged.")
    if context.style.verbose:
        yield circumstances(context)


def _reasons(report: Report, paint: Paint) -> Iterator[str]:
    """Every failed input, and the skipped ones by reason."""
    for account in failed(report):
        yield _row(paint.alarm("failed"), f"{account.source}: {account.reason}")
    for reason, accounts in skipped(report):
        count = len(accounts)
        what = f"{accounts[0].source}: {reason}" if count == 1 else f"{count:,} {reason}"
        yield _row("skipped", what)


def _everything(report: Report) -> Iterator[str]:
    """Every input by name."""
    for account in report.accounts:
        detail = account.reason or plural(account.objects, "object")
        yield _row(account.outcome.value, f"{account.source}: {account.what}, {detail}")


def headline(found: Tally, fail_on: Severity | None, paint: Paint) -> str:
    """`3 findings: 1 high, 2 low (1 at medium or above); 2 suppressed, 1 in the baseline`."""
    text = plural(found.total, "finding") if found.total else "No findings"
    if found.total:
        counts = found.by_severity.items()
        text += ": " + ", ".join(paint.severity(s, f"{count:,} {word(s)}") for s, count in counts)
        text += f" ({limit(found, fail_on)})" if fail_on else ""
    aside = [f"{found.suppressed:,} suppressed"] if found.suppressed else []
    aside += [f"{found.known:,} in the baseline"] if found.known else []
    return f"{text}; {', '.join(aside)}" if aside else text


def limit(found: Tally, fail_on: Severity) -> str:
    """`1 at medium or above`: what makes the scan fail."""
    return f"{found.at_least(fail_on):,} at {word(fail_on)} or above"


def inputs(report: Report) -> str:
    """`3 inputs judged (5 objects), 12 skipped, 1 failed`."""
    judged = plural(report.count(Outcome.JUDGED), "input")
    parts = [f"{judged} judged ({plural(objects(report), 'object')})"]
    parts += [
        f"{count:,} {outcome.value}"
        for outcome in (Outcome.SKIPPED, Outcome.FAILED)
        if (count := report.count(outcome))
    ]
    parts += [plural(len(report.faults), "fault")] if report.faults else []
    return ", ".join(parts)


def _row(label: str, text: str) -> str:
    return f"  {label}: {printable(text)}"


def circumstances(context: Context) -> str:
    """`kubeguard 0.1.0, profile restricted, Kubernetes 1.33, 87 checks, 0.42 s`."""
    parts = [f"kubeguard {context.version}", f"profile {context.profile.name.lower()}"]
    parts += [f"Kubernetes {context.kubernetes}"] if context.kubernetes else []
    parts += [plural(len(context.checks), "check")] if context.checks else []
    parts += [f"{context.duration:.2f} s"] if context.duration is not None else []
    return ", ".join(parts)
