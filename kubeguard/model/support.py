"""Until when somebody mends a distribution or a language runtime."""

from __future__ import annotations

import json
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

_DATA = Path(__file__).with_name("end_of_life.json")


def distribution_ended(name: str, version: str) -> date | None:
    """The last day of a release that os-release names; None when it is not known."""
    return _end("distributions", name, version)


def runtime_ended(name: str, version: str) -> date | None:
    """The last day of `python 3.9.2`, `node 18.1.0`; None when it is not known."""
    return _end("runtimes", name, version)


def _end(what: str, name: str, version: str) -> date | None:
    """Releases are called by as many of a version's numbers as they have."""
    dates = _data()[what].get(name, {})
    parts = version.split(".")
    for length in range(len(parts), 0, -1):
        if found := dates.get(".".join(parts[:length])):
            return date.fromisoformat(found)
    return None


@cache
def _data() -> dict[str, Any]:
    found: dict[str, Any] = json.loads(_DATA.read_text(encoding="utf-8"))
    return found
