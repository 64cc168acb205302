"""What tests in several folders need: examples that stay the same, and programs of Kubernetes."""

from __future__ import annotations

import lzma
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from control_plane import find_assets
from hypothesis import settings

from tests.container_engine import Engine, started

# `make fuzz` draws new examples.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("search", print_blob=True, deadline=None)
settings.load_profile("repeatable")

_PROGRAMS = ("etcd", "kube-apiserver")
_CONTROLLERS = ("kube-controller-manager", "kube-scheduler")


@pytest.fixture(scope="session")
def container_engine() -> Iterator[Engine]:
    """For tests of the xdist group `container_engine`: one process runs them, one by one."""
    with started() as found:
        yield found


@pytest.fixture(scope="session")
def assets() -> Path:
    """The programs of the control plane, unpacked when they lie there packed."""
    return _unpacked(*_PROGRAMS)


@pytest.fixture(scope="session")
def assets_with_controllers() -> Path:
    return _unpacked(*_PROGRAMS, *_CONTROLLERS)


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
