"""Views times checks: each is asked once, in order, and none can silence another."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from kubeguard.engine import Settings, audit
from kubeguard.model.bundle import Bundle
from kubeguard.model.dockerfile import Dockerfile, Instruction, Stage
from kubeguard.model.finding import Check, Outcome, Problem, Report
from kubeguard.model.manifest import Container, Manifest, Workload
from kubeguard.model.node import Node, Source
from kubeguard.model.severity import Profile, Severity
from kubeguard.model.trouble import Trouble
from kubeguard.model.views import View
from kubeguard.sources.text import read

TWO = """\
apiVersion: v1
kind: Pod
metadata: {name: a}
spec:
  containers: [{name: x}, {name: w}]
  initContainers: [{name: z}]
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: b}
spec: {template: {spec: {containers: [{name: x}]}}}
"""


def made(
    id: str,
    on: type[View],
    find: Callable[..., Iterable[Problem]],
    kinds: tuple[str, ...] = (),
) -> Check:
    page = Path("checks/test/x.md")
    profile = Profile.BASELINE
    kind = frozenset(kinds)
    return Check(id, id.lower(), id, Severity.LOW, profile, on, find, page, kinds=kind)


def every(view: View) -> Iterable[Problem]:
    yield Problem(view.node, str(view.node.get("name") or view.node.get("kind") or "?"))


def asked(report: Report) -> list[str]:
    return [f"{finding.check.id} {finding.message}" for finding in report.findings]


def test_every_check_is_asked_about_every_view_it_is_on() -> None:
    checks = [made(on.__name__[0], on, every) for on in (Manifest, Workload, Container)]
    report = audit([read("a.yaml", TWO.encode())], checks)
    assert sorted(asked(report)) == [
        *("C w", "C x", "C x", "C z"),
        *("M Deployment", "M Pod", "W ?", "W ?"),
    ]


@pytest.mark.parametrize(
    ("kinds", "expected"),
    [
        ((), ["M Pod", "M Deployment"]),
        (("Pod",), ["M Pod"]),
        (("Deployment",), []),
        (("Deployment.apps",), ["M Deployment"]),
        (("Deployment.apps", "Pod"), ["M Pod", "M Deployment"]),
    ],
)
def test_kinds_narrow_a_check(kinds: tuple[str, ...], expected: list[str]) -> None:
    check = made("M", Manifest, every, kinds)
    assert asked(audit([read("a.yaml", TWO.encode())], [check])) == expected


def test_findings_stand_in_the_order_of_the_inputs_and_then_of_their_places() -> None:
    def both(bundle: Bundle) -> Iterable[Problem]:
        for manifest in reversed(bundle.manifests):
            yield Problem(manifest.node["metadata"]["name"], f"bundle {manifest.name}")

    checks = [made("B", Bundle, both), made("M", Manifest, every)]
    readings = [read(name, TWO.encode()) for name in ("b.yaml", "a.yaml")]
    report = audit(readings, checks)
    assert [(str(f.location), f.check.id) for f in report.findings] == [
        ("b.yaml:1:1", "M"),
        ("b.yaml:3:18", "B"),
        ("b.yaml:8:1", "M"),
        ("b.yaml:10:18", "B"),
        ("a.yaml:1:1", "M"),
        ("a.yaml:3:18", "B"),
        ("a.yaml:8:1", "M"),
        ("a.yaml:10:18", "B"),
    ]


def test_a_crash_is_a_fault_and_silences_nobody() -> None:
    def crash(view: View) -> Iterable[Problem]:
        yield Problem(view.node, "said before")
        raise ValueError("five is right out")

    def crash_at_once(_: View) -> Iterable[Problem]:
        raise RecursionError

    checks = [
        made("A", Manifest, crash),
        made("B", Container, crash_at_once),
        made("C", Bundle, crash_at_once),
        made("Z", Manifest, every),
    ]
    report = audit([read("a.yaml", TWO.encode())], checks)
    assert asked(report) == ["A said before", "Z Pod", "A said before", "Z Deployment"]
    told = [(fault.check, fault.source, fault.reason) for fault in report.faults]
    assert told == [
        ("C", "run", "RecursionError: "),
        ("A", "a.yaml", "ValueError: five is right out"),
        *[("B", "a.yaml", "RecursionError: ")] * 3,
        ("A", "a.yaml", "ValueError: five is right out"),
        ("B", "a.yaml", "RecursionError: "),
    ]
    assert not report.complete


def test_a_problem_outside_all_inputs_is_a_fault_of_its_check() -> None:
    def nowhere(bundle: Bundle) -> Iterable[Problem]:
        yield Problem(bundle.node, "somewhere")
        yield Problem(Node(None, Source("other.yaml")), "elsewhere")

    report = audit([read("a.yaml", TWO.encode())], [made("B", Bundle, nowhere)])
    assert report.findings == ()
    assert [fault.source for fault in report.faults] == ["run", "other.yaml"]


def test_troubles_of_a_reader_are_findings() -> None:
    def tell(trouble: Trouble) -> Iterable[Problem]:
        yield Problem(trouble.node, trouble.kind.value)

    checks = [made("T", Trouble, tell), made("M", Manifest, every)]
    text = "a: [\n---\n" + TWO + "---\na: 1\nkind: Pod\napiVersion: v1\na: 2\n"
    report = audit([read("a.yaml", text.encode())], checks)
    assert [f"{finding.location} {finding.message}" for finding in report.findings] == [
        "a.yaml:1:4 broken",
        "a.yaml:3:1 Pod",
        "a.yaml:10:1 Deployment",
        "a.yaml:15:1 Pod",
        "a.yaml:18:1 duplicate key",
    ]
    assert not report.complete


def test_every_input_is_accounted_for() -> None:
    inputs = {
        "a.yaml": TWO,
        "Dockerfile": "FROM a\n",
        "b.yaml": "a: [",
        "c.yaml": "",
        "d.txt": "x",
        "e.yaml": TWO + "---\n{",
    }
    readings = [read(name, text.encode(), asked_for=False) for name, text in inputs.items()]
    report = audit(readings, [])
    assert [(a.source, a.outcome, a.objects) for a in report.accounts] == [
        ("a.yaml", Outcome.JUDGED, 2),
        ("Dockerfile", Outcome.JUDGED, 1),
        ("b.yaml", Outcome.FAILED, 0),
        ("c.yaml", Outcome.SKIPPED, 0),
        ("d.txt", Outcome.SKIPPED, 0),
        ("e.yaml", Outcome.FAILED, 0),
    ]


@pytest.mark.parametrize(
    ("inputs", "complete"),
    [
        ({}, False),
        ({"a.yaml": TWO}, True),
        ({"a.yaml": TWO, "b.yaml": "# nothing"}, True),
        ({"a.yaml": "# nothing"}, False),
        ({"a.yaml": TWO, "b.yaml": "["}, False),
    ],
)
def test_nothing_judged_is_no_success(inputs: dict[str, str], complete: bool) -> None:
    assert audit([read(n, t.encode()) for n, t in inputs.items()], []).complete is complete


def test_dockerfiles_are_walked_from_the_outside_in() -> None:
    def name(view: View) -> Iterable[Problem]:
        yield Problem(view.node, type(view).__name__)

    checks = [made(on.__name__[0], on, name) for on in (Dockerfile, Stage, Instruction)]
    report = audit([read("Dockerfile", b"ARG A=1\nFROM a\nRUN b\n")], checks)
    assert [(f.location.span.line, f.message) for f in report.findings if f.location.span] == [
        (1, "Dockerfile"),
        (1, "Instruction"),
        (2, "Instruction"),
        (2, "Stage"),
        (3, "Instruction"),
    ]


def test_excerpts_hold_the_line_and_its_context() -> None:
    for context, first, count in ((0, 3, 1), (1, 2, 3), (9, 1, 12)):
        report = audit(
            [read("a.yaml", TWO.encode())],
            [made("M", Manifest, lambda m: [Problem(m.node["metadata"]["name"], "x")], ("Pod",))],
            Settings(context=context),
        )
        excerpt = report.findings[0].excerpt
        assert excerpt is not None
        assert (excerpt.first, len(excerpt.lines)) == (first, count)
        assert "metadata: {name: a}" in excerpt.lines[3 - first]


def test_what_a_secret_holds_is_in_no_excerpt() -> None:
    text = (
        "apiVersion: v1\nkind: Secret\nmetadata: {name: a}\nstringData:\n  word: hunter22hunter22\n"
    )
    check = made("M", Manifest, lambda m: [Problem(m.node["stringData"]["word"], "x")])
    report = audit([read("a.yaml", text.encode())], [check], Settings(context=5))
    assert report.findings[0].excerpt is not None
    assert "hunter22" not in "\n".join(report.findings[0].excerpt.lines)
