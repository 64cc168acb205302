"""The tests themselves: pytest takes two modules of one name for one."""

from __future__ import annotations

from collections import Counter
from pathlib import Path


def test_no_two_modules_have_one_name() -> None:
    names = Counter(file.name for file in Path(__file__).parent.rglob("*.py"))
    assert [name for name, count in names.items() if count > 1 and name != "conftest.py"] == []
