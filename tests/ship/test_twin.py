"""Every check that can apply finds something in the twin, and none anything in the reference."""

from __future__ import annotations

from collections import Counter

import pytest

from kubeguard.model.finding import Check
from kubeguard.registry import load_checks
from scripts.reference import NOT_HERE, REFERENCE, TWIN, applicable, counted


@pytest.fixture(scope="module")
def twin() -> Counter[str]:
    return counted(TWIN)


@pytest.fixture(scope="module")
def reference() -> Counter[str]:
    return counted(REFERENCE)


@pytest.mark.parametrize("check", applicable(), ids=lambda check: f"{check.id}-{check.name}")
def test_a_check_tells_the_twins_apart(
    check: Check, twin: Counter[str], reference: Counter[str]
) -> None:
    assert twin[check.id] > 0
    assert reference[check.id] == 0


def test_all_of_the_twin_can_be_judged(twin: Counter[str]) -> None:
    assert not [check.id for check in load_checks() if check.family in NOT_HERE and twin[check.id]]
