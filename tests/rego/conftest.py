"""One engine for all tests of policies; each test has a folder of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from judging import Bench, started

from kubeguard.rego.engine import Engine


@pytest.fixture(scope="session")
def engine() -> Iterator[Engine]:
    with started() as running:
        yield running


@pytest.fixture
def bench(tmp_path: Path, engine: Engine) -> Bench:
    (tmp_path / ".git").mkdir()
    return Bench(tmp_path / "policies", engine)
