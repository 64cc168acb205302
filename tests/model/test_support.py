"""Until when something is mended, and how that is gathered anew."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from kubeguard.model import support
from scripts.end_of_life import DISTRIBUTIONS, RUNTIMES, TARGET, gathered


@pytest.mark.parametrize(
    ("name", "version", "end"),
    [
        ("debian", "9", date(2022, 6, 30)),
        ("debian", "9.13", date(2022, 6, 30)),
        ("alpine", "3.14.10", date(2023, 5, 1)),
        ("amzn", "2018.03", date(2023, 12, 31)),
        ("debian", "", None),
        ("debian", "sid", None),
        ("arch", "9", None),
        ("", "", None),
    ],
)
def test_distributions(name: str, version: str, end: date | None) -> None:
    assert support.distribution_ended(name, version) == end


@pytest.mark.parametrize(
    ("version", "end"),
    [("3.1", None), ("3.10", date(2026, 10, 31)), ("3.10.4", date(2026, 10, 31))],
)
def test_a_runtime_is_not_another_one_that_begins_so(version: str, end: date | None) -> None:
    assert support.runtime_ended("python", version) == end


def test_the_file_has_what_the_script_gathers() -> None:
    document = json.loads(TARGET.read_text())

    assert document["distributions"].keys() == DISTRIBUTIONS.keys()
    assert document["runtimes"].keys() == RUNTIMES.keys()
    assert date.fromisoformat(document["as_of"])
    assert document["source"]


def test_gathered() -> None:
    def fetch(product: str) -> list[dict[str, Any]]:
        return [
            {"cycle": "3.10", "eol": "2026-10-31", "extendedSupport": "2030-01-01"},
            {"cycle": "3.9", "eol": "2025-10-31"},
            {"cycle": "4", "eol": False},
        ]

    found = gathered(fetch, date(2026, 11, 21))

    assert found["runtimes"]["python"] == {"3.9": "2025-10-31", "3.10": "2026-10-31"}
    assert list(found["runtimes"]["python"]) == ["3.9", "3.10"]
    assert found["distributions"]["debian"]["3.10"] == "2030-01-01"


def test_a_site_that_changed_is_told() -> None:
    with pytest.raises(SystemExit, match="has the site changed"):
        gathered(lambda _: [{"cycle": "1", "eol": True}], date(2026, 11, 21))
