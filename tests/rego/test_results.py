"""Whatever a rule answers, there is a finding with a place, or none; never a crash."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubeguard.model.finding import Check
from kubeguard.model.manifest import Manifest
from kubeguard.model.severity import Profile, Severity
from kubeguard.model.views import View
from kubeguard.rego.engine import Program
from kubeguard.rego.policies import Ask, PolicySet, Question, Style
from kubeguard.rego.styles.conftest import Combined, ConftestSet
from kubeguard.rego.styles.plain import PlainSet
from kubeguard.rego.styles.results import Result, own, results
from kubeguard.rego.styles.trivy import TrivySet
from kubeguard.sources.text import read

POD = b"""\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  containers:
    - {name: app, image: app:1}
"""
CHECK = Check(
    "A-1", "a", "A", Severity.LOW, Profile.BASELINE, Manifest, lambda _: (), Path("a.rego")
)
QUESTION = Question(CHECK, "a.deny")
SETS: list[PolicySet] = [
    PlainSet("a", Style.KUBEGUARD, Program(1, (), ()), (QUESTION,)),
    ConftestSet("a", Style.CONFTEST, Program(1, (), ()), (QUESTION,)),
    TrivySet("a", Style.TRIVY, Program(1, (), ()), (QUESTION,)),
]


def views() -> list[View]:
    (node,) = read("a.yaml", POD).objects
    dockerfile = read("Dockerfile", b"ARG V\nFROM a\nRUN b\n").dockerfile
    assert dockerfile is not None
    return [Manifest(node), dockerfile, Combined([dockerfile, Manifest(node)])]


TELLING = st.sampled_from(
    [
        *("msg", "message", "path", "severity", "id", "details", "container", "line", "_loc"),
        *("startline", "endline", "fskey", "StartLine", "Stages", "contents", "name"),
        *("kubeguard:/spec", "spec.containers[0]", "Stages[0].Commands[1]", "app", "high", "[" * 9),
        *("9" * 5000, "spec.containers[" + "9" * 5000 + "]", "[99].x", "container 'app'"),
    ]
)
SCALARS = st.one_of(
    st.none(), st.booleans(), st.integers(-3, 9), st.integers(), st.floats(), st.text(), TELLING
)
ANSWERS = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(TELLING | st.text(), inner, max_size=4)
    ),
    max_leaves=10,
)


@settings(max_examples=300, deadline=None)
@given(ANSWERS)
def test_any_answer_is_findings_with_places_or_none(value: Any) -> None:
    for view in views():
        for policies in SETS[1:2] if isinstance(view, Combined) else SETS:
            for check, problem in policies.problems(Ask(view, None, (QUESTION,)), QUESTION, value):
                assert problem.message
                assert isinstance(check.severity, Severity)
                if not isinstance(view, Combined):
                    assert problem.where.source is view.node.source
                assert problem.where.source.name in ("a.yaml", "Dockerfile")
                assert problem.where.location.span is not None


def test_a_check_is_changed_once_for_all_results_alike() -> None:
    said = {"severity": "critical", "id": "B-1"}
    changed = own(CHECK, Result("no", said))
    assert (changed.id, changed.severity) == ("B-1", Severity.CRITICAL)
    assert own(CHECK, Result("other", dict(said))) is changed
    assert own(CHECK, Result("no", {"severity": "low", "id": ""})) is CHECK


@pytest.mark.parametrize(
    ("value", "messages"),
    [
        ([["two", "parts"], ["n", 1]], ["two parts", "n 1"]),
        ([{"details": {}}], [""]),
        ([{"a": True, "b": "x", "c": False, "d": {"msg": "own"}}], ["a", "b", "own"]),
        ([True, None, False, 1.5], ["", "1.5"]),
    ],
)
def test_messages(value: Any, messages: list[str]) -> None:
    assert [result.message for result in results(value)] == messages
