"""A real API server."""

from __future__ import annotations

import lzma
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from clusters import PROGRAMS
from control_plane import ControlPlane, Options, control_plane, find_assets


@pytest.fixture(scope="session")
def assets() -> Path:
    """The programs of the control plane, unpacked when they lie there packed."""
    if found := find_assets():
        return found
    packed = Path(os.environ.get("KUBEGUARD_CORPUS", ""), "bin")
    if not (packed / "kube-apiserver.xz").exists():
        pytest.skip("neither KUBEBUILDER_ASSETS nor KUBEGUARD_CORPUS has a kube-apiserver")
    folder = Path(tempfile.gettempdir(), f"kubeguard-assets-{os.getuid()}")
    folder.mkdir(exist_ok=True)
    for name in PROGRAMS:
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
