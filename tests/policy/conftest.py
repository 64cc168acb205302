"""From a text to what is suppressed in it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

import pytest
from small_catalogue import CATALOGUE

from kubeguard.engine import audit
from kubeguard.model.finding import Check, Finding, Report
from kubeguard.model.reading import Reading
from kubeguard.model.trouble import Trouble
from kubeguard.policy.configuration import parse
from kubeguard.policy.policy import Policy
from kubeguard.policy.suppressions import Suppressions
from kubeguard.sources.text import read
from kubeguard.sources.yaml import read as read_yaml

TODAY = date(2026, 11, 21)


@pytest.fixture
def catalogue() -> tuple[Check, ...]:
    return CATALOGUE


@pytest.fixture
def configure() -> Callable[..., Policy]:
    """The policy of a kubeguard.yaml given as text."""

    def policy(text: str, name: str = "kubeguard.yaml") -> Policy:
        documents, broken = read_yaml(name, text)
        assert not broken
        return parse(documents[0].node, CATALOGUE)

    return policy


@dataclass(frozen=True)
class Judged:
    """What became of one input."""

    reading: Reading
    findings: list[Finding]
    troubles: list[Trouble]
    suppressions: Suppressions

    @property
    def open(self) -> list[str]:
        """What is not suppressed, as `line name`."""
        return [_short(f) for f in self.findings if f.suppression is None]

    @property
    def closed(self) -> list[str]:
        return [_short(f) for f in self.findings if f.suppression is not None]

    @property
    def said(self) -> list[str]:
        """The troubles as `line:column kind: message`."""
        return [say(trouble) for trouble in self.troubles]


def say(trouble: Trouble) -> str:
    span = trouble.node.location.span
    assert span
    kind = trouble.kind.value.removesuffix(" suppression")
    return f"{span.line}:{span.column} {kind}: {trouble.message}"


def _short(finding: Finding) -> str:
    span = finding.location.span
    assert span
    return f"{span.line} {finding.check.name}"


@pytest.fixture
def judge() -> Callable[..., Judged]:
    """Run some checks over a text and apply the suppressions in it and in a policy."""

    def run(
        text: str,
        *names: str,
        policy: Policy | None = None,
        today: date = TODAY,
        name: str = "app.yaml",
    ) -> Judged:
        chosen = [c for c in CATALOGUE if c.name in names or c.family == "scan"]
        reading = read(name, text.encode())
        report = audit([reading], chosen)
        assert report.faults == ()
        ran = [check.id for check in chosen]
        suppressions = Suppressions(policy or Policy(), CATALOGUE, ran, today)
        return Judged(reading, *suppressions.apply(reading, report.findings), suppressions)

    return run


@pytest.fixture
def scan() -> Callable[..., Report]:
    """The report on some files, given as name and text."""

    def run(*files: tuple[str, str], names: tuple[str, ...] = ("host_network",)) -> Report:
        chosen = [check for check in CATALOGUE if check.name in names]
        return audit([read(name, text.encode()) for name, text in files], chosen)

    return run
