"""A real API server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from control_plane import ControlPlane, Options, control_plane


@pytest.fixture(scope="session")
def cluster(assets: Path) -> Iterator[ControlPlane]:
    with control_plane(Options(audit=True), assets) as running:
        yield running
