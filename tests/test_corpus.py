"""Agreement with 2,873 cases that other projects labelled; KUBEGUARD_CORPUS says where they are."""

from __future__ import annotations

import json
import os
import re
from collections import Counter, defaultdict
from collections.abc import Iterable
from functools import cache, partial
from pathlib import Path
from typing import NamedTuple

import pytest
from corpus_families import FAMILIES

from kubeguard.engine import Settings, audit
from kubeguard.model.cluster import NEWEST
from kubeguard.registry import load_checks
from kubeguard.sources.schema import Schemas
from kubeguard.sources.text import read

PLACE = os.environ.get("KUBEGUARD_CORPUS", "")
ROOT = Path(PLACE) / "corpus"
PAGE = Path(__file__).parent.parent / "docs" / "corpus-disagreements.md"
LEVELS = {
    "baseline": frozenset({"PSS baseline"}),
    "restricted": frozenset({"PSS baseline", "PSS restricted"}),
}

needs_corpus = pytest.mark.skipif(
    not PLACE, reason="KUBEGUARD_CORPUS does not say where the corpus is"
)


class Row(NamedTuple):
    """One labelled case: does the family of rules find something in the file?"""

    id: str
    source: str
    family: str
    path: str
    bad: bool
    level: str
    version: tuple[int, int]


@cache
def rows() -> tuple[Row, ...]:
    """The cases of every family that has a check here."""
    return tuple(
        Row(
            case["id"],
            case["source"],
            case["rule_family"],
            case["path"],
            case["expected"] == "fail",
            case.get("level", ""),
            release(case.get("version")),
        )
        for case in map(json.loads, (ROOT / "cases.jsonl").read_text().splitlines())
        if case["rule_family"] in FAMILIES or case["rule_family"].startswith("pss-")
    )


def release(text: str | None) -> tuple[int, int]:
    major, minor = text.removeprefix("v").split(".") if text else NEWEST
    return int(major), int(minor)


@cache
def reported(path: str, version: tuple[int, int]) -> frozenset[str]:
    """The names of the checks that find something in a file."""
    settings = Settings(version=version, schemas=partial(Schemas, version))
    report = audit([read(path, (ROOT / path).read_bytes())], load_checks(), settings)
    assert report.faults == ()
    return frozenset(finding.check.name for finding in report.findings)


def agrees(row: Row) -> bool:
    names = reported(row.path, row.version)
    if row.family.startswith("pss-"):
        names &= of_level(row.family.removeprefix("pss-"))
    else:
        names &= FAMILIES[row.family]
    if row.level:
        names &= of_level(row.level)
    return bool(names) is row.bad


@cache
def of_level(level: str) -> frozenset[str]:
    """The names of the checks that make up a level of the Pod Security Standards."""
    return frozenset(check.name for check in load_checks() if LEVELS[level] & {*check.refs})


def reviewed() -> list[str]:
    """The cases on which we differ on purpose: the bullets of the page."""
    return re.findall(r"^- `([^`]+)`$", PAGE.read_text(), re.MULTILINE)


def test_every_family_is_answered_by_checks_that_exist() -> None:
    names = {check.name for check in load_checks()}

    assert not frozenset().union(*FAMILIES.values()) - names


@pytest.mark.corpus
@needs_corpus
def test_pod_security_standards_agree_without_exception() -> None:
    cases = [row for row in rows() if row.source == "pss"]

    assert len(cases) == 928
    assert [row.id for row in cases if not agrees(row)] == []


@pytest.mark.corpus
@needs_corpus
def test_every_other_disagreement_is_explained(capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print("\n" + table(rows()))

    differing = [row.id for row in rows() if row.source != "pss" and not agrees(row)]

    assert sorted(differing) == sorted(reviewed())


def table(cases: Iterable[Row]) -> str:
    """Agreeing of all cases, a line a family, a column a source."""
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    agreed: dict[str, Counter[str]] = defaultdict(Counter)
    for row in cases:
        counts[row.family][row.source] += 1
        agreed[row.family][row.source] += agrees(row)
    sources = sorted({source for count in counts.values() for source in count})
    lines = [f"{'family':28}" + "".join(f"{source:>13}" for source in sources)]
    for family, count in sorted(counts.items()):
        cells = [f"{agreed[family][s]}/{count[s]}" if count[s] else "" for s in sources]
        lines.append(f"{family:28}" + "".join(f"{cell:>13}" for cell in cells))
    return "\n".join(lines) + "\n"
