"""A real API server."""

from __future__ import annotations

import lzma
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from clusters import CONTROLLERS, PROGRAMS
from control_plane import ControlPlane, Options, control_plane, find_assets


@pytest.fixture(scope="session")
def assets() -> Path:
    """The programs of the control plane, unpacked when they lie there packed."""
    return _unpacked(*PROGRAMS)


@pytest.fixture(scope="session")
def assets_with_controllers() -> Path:
    return _unpacked(*PROGRAMS, *CONTROLLERS)


def _unpacked(*programs: str) -> Path:
    found = find_assets()
    if found and all((found / name).exists() for name in programs):
        return found
    packed = Path(os.environ.get("KUBEGUARD_CORPUS", ""), "bin")
    if not all((packed / f"{name}.xz").exists() for name in programs):
        what = " and ".join(programs)
        pytest.skip(f"neither KUBEBUILDER_ASSETS nor KUBEGUARD_CORPUS has {what}")
    folder = Path(tempfile.gettempdir(), f"kubeguard-assets-{os.getuid()}")
    folder.mkdir(exist_ok=True)
    for name in programs:
        program = folder / name
        if not program.exists():
            with tempfile.NamedTemporaryFile(dir=folder, delete=False) as part:
                part.write(lzma.decompress((packed / f"{name}.xz").read_bytes()))
            os.chmod(part.name, 0o755)
            os.replace(part.name, program)
    return folder


@pytest.fixture(scope="session")
def cluster(assets: Path) -> Iterator[ControlPlane]:
    with control_plane(Options(audit=True), assets) as running:
        yield running
