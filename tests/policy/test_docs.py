"""The examples in docs/ do what the text around them says."""

import re
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from kubeguard.engine import audit
from kubeguard.policy.configuration import parse
from kubeguard.policy.policy import Policy
from kubeguard.policy.suppressions import Suppressions
from kubeguard.registry import load_checks
from kubeguard.sources.text import read
from kubeguard.sources.yaml import read as read_yaml

DOCS = Path(__file__).parents[2] / "docs"
FENCE = re.compile(r'^```(\w+) title="([^"]+)"\n(.*?)^```$', re.DOTALL | re.MULTILINE)
NAMED = re.compile(r"ignore\[(\w+)\]|^ +(\w+) (?:until|container)=", re.MULTILINE)


def examples(title: str) -> list[object]:
    return list(_examples(title))


def _examples(title: str) -> Iterator[object]:
    for page in ("configuration.md", "suppressions.md"):
        found = FENCE.findall((DOCS / page).read_text())
        for number, (language, given, body) in enumerate(found):
            if given == title:
                yield pytest.param(language, body, id=f"{page}-{number}")


@pytest.mark.parametrize(("language", "text"), examples("kubeguard.yaml"))
def test_a_configuration_is_accepted(language: str, text: str) -> None:
    documents, broken = read_yaml("kubeguard.yaml", text)
    assert not broken
    policy = parse(documents[0].node, load_checks())
    assert policy != Policy(root=policy.root)


@pytest.mark.parametrize(("language", "text"), examples("suppressed"))
def test_a_suppression_covers_what_it_names_and_is_needed(language: str, text: str) -> None:
    names = {one or other for one, other in NAMED.findall(text)}
    checks = [check for check in load_checks() if check.name in names]
    assert {check.name for check in checks} == names
    reading = read({"yaml": "a.yaml", "dockerfile": "Dockerfile"}[language], text.encode())
    ran = [check.id for check in checks]
    suppressions = Suppressions(Policy(), load_checks(), ran, date(2026, 11, 21))
    findings, troubles = suppressions.apply(reading, audit([reading], checks).findings)
    assert {finding.check.name for finding in findings} == names
    assert all(finding.suppression for finding in findings)
    assert troubles == []
