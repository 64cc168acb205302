"""One engine for all tests of policies; each test has a folder of its own."""

from __future__ import annotations

import lzma
import os
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


@pytest.fixture(scope="session")
def opa(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The program, unpacked when it lies there packed."""
    corpus = os.environ.get("KUBEGUARD_CORPUS")
    if not corpus:
        pytest.skip("KUBEGUARD_CORPUS does not say where the program opa is")
    there = Path(corpus, "bin/opa")
    if there.exists():
        return there
    program = tmp_path_factory.mktemp("bin") / "opa"
    program.write_bytes(lzma.decompress(there.with_suffix(".xz").read_bytes()))
    program.chmod(0o755)
    return program
