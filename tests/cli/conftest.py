"""kubeguard as a user runs it: in this process for speed, as a program for streams and signals."""

from __future__ import annotations

import gc
import io
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from terminal import Cli, Put, Ran, command, environment

from kubeguard.__main__ import main


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    (tmp_path / "run").mkdir()
    (tmp_path / "run/.git").mkdir()
    monkeypatch.chdir(tmp_path / "run")
    for name in ("NO_COLOR", "FORCE_COLOR", "COLUMNS", "_KUBEGUARD_COMPLETE"):
        monkeypatch.delenv(name, raising=False)
    yield
    gc.enable()
    gc.unfreeze()


@pytest.fixture
def cli(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Cli:
    """Run kubeguard in this process."""

    def run(*arguments: str, stdin: bytes = b"") -> Ran:
        monkeypatch.setattr(sys, "argv", ["kubeguard", *arguments])
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(stdin)))
        code = 0
        try:
            main()
        except SystemExit as stop:
            code = stop.code if isinstance(stop.code, int) else 0
        return Ran(code, *capsys.readouterr())

    return run


@pytest.fixture
def program() -> Cli:
    """Run kubeguard as a process of its own."""

    def run(*arguments: str, stdin: bytes = b"", **env: str) -> Ran:
        done = subprocess.run(
            command(*arguments),
            input=stdin,
            capture_output=True,
            env=environment(**env),
            check=False,
        )
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture
def put() -> Put:
    """Write a file below the working directory; its name."""

    def write(name: str, content: str | bytes) -> str:
        file = Path(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content.encode() if isinstance(content, str) else content)
        return name

    return write
