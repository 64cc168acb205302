"""An image in a file, kubeguard as its user runs it, and a program in Trivy's place."""

from __future__ import annotations

from pathlib import Path

import pytest
from stand_in import Place, StandIn


@pytest.fixture
def place(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Place:
    (tmp_path / "run/.git").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "run")
    return Place(capsys, monkeypatch)


@pytest.fixture
def trivy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> StandIn:
    """The stand-in, first on PATH."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder), prepend=":")
    return StandIn(folder)
