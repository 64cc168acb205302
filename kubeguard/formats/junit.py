"""JUnit XML, for dashboards that know only tests: one suite a file, one failure a finding."""

from collections.abc import Iterator
from xml.etree.ElementTree import Element, SubElement, tostring

from kubeguard.formats._block import address, place
from kubeguard.formats._context import Context
from kubeguard.formats._digest import by_file, settled, title, word
from kubeguard.formats._printable import printable
from kubeguard.model.finding import Account, Finding, Outcome, Report


def render(report: Report, context: Context) -> str:
    """Suites in the order of the inputs; a clean file passes, a skipped one is a skipped case."""
    root = Element("testsuites", name="kubeguard")
    findings = dict(by_file(report))
    for account in report.accounts:
        _suite(root, account.source, [*_cases(account, findings.pop(account.source, []))])
    for source, others in findings.items():
        _suite(root, source, [_finding(finding) for finding in others])
    _suite(root, "kubeguard", [*_faults(report)])
    for key in ("tests", "failures", "errors", "skipped"):
        root.set(key, str(sum(int(suite.get(key, 0)) for suite in root)))
    if context.duration is not None:
        root.set("time", f"{context.duration:.3f}")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + tostring(root, encoding="unicode") + "\n"


def _suite(root: Element, source: str, cases: list[Element]) -> None:
    if not cases:
        return
    suite = SubElement(root, "testsuite", name=printable(source), tests=str(len(cases)))
    suite.extend(cases)
    for key, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(key, str(sum(case.find(tag) is not None for case in cases)))


def _cases(account: Account, findings: list[Finding]) -> Iterator[Element]:
    """What became of the input, unless its findings say so already; then the findings."""
    name = printable(account.what or account.source)
    match account.outcome:
        case Outcome.FAILED:
            yield _case(account.source, name, "error", account.reason)
        case Outcome.SKIPPED:
            yield _case(account.source, name, "skipped", account.reason)
        case Outcome.JUDGED if not findings:
            yield _case(account.source, name)
    yield from map(_finding, findings)


def _finding(finding: Finding) -> Element:
    check, source = finding.check, finding.location.source
    at = f" ({place(finding)})" if place(finding) else ""
    name = f"{check.id} {check.title}{at}"
    if not finding.counts:
        return _case(source, name, "skipped", settled(finding))
    about = f"\n{title(finding)}" if title(finding) else ""
    fix = f"\nfix: {printable(finding.fix.hint)}" if finding.fix else ""
    case = _case(source, name, "failure", finding.message)
    case[0].set("type", word(finding.severity))
    case[0].text = (
        f"{address(finding)}: {word(finding.severity)} {check.id} "
        f"{printable(finding.message)}{about}{fix}"
    )
    return case


def _faults(report: Report) -> Iterator[Element]:
    for fault in report.faults:
        yield _case(fault.source, f"{fault.check} on {fault.source}", "error", fault.reason)
    if not report.count(Outcome.JUDGED):
        yield _case("kubeguard", "inputs", "error", "nothing was judged")


def _case(source: str, name: str, outcome: str = "", message: str = "") -> Element:
    case = Element("testcase", classname=printable(source), name=printable(name))
    if outcome:
        SubElement(case, outcome, message=printable(message))
    return case
