"""What tests in several folders need: examples that stay the same, and programs of Kubernetes."""

from __future__ import annotations

import lzma
import os
import tempfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from control_plane import find_assets
from hypothesis import settings

from tests.container_engine import Engine, started

# `make fuzz` draws new examples.
settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("search", print_blob=True, deadline=None)
settings.load_profile("repeatable")

if TYPE_CHECKING:
    from xdist.remote import Producer
    from xdist.scheduler import Scheduling

_PROGRAMS = ("etcd", "kube-apiserver")
_CONTROLLERS = ("kube-controller-manager", "kube-scheduler")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Scheduling:
    """All tests of containers to one process: they share an engine, and images that take long."""
    from xdist.scheduler import LoadScopeScheduling

    @cache
    def has_containers(file: str) -> bool:
        return "pytest.mark.container_engine" in (config.rootpath / file).read_text(
            encoding="utf-8"
        )

    class Scheduler(LoadScopeScheduling):
        # xdist's own groups (--dist=loadgroup) are lost with pytest 9.2.
        def _split_scope(self, nodeid: str) -> str:
            return "containers" if has_containers(nodeid.partition("::")[0]) else nodeid

    return Scheduler(config, log)


@pytest.fixture(scope="session")
def container_engine() -> Iterator[Engine]:
    """For files that are marked `container_engine`: one process runs them, one by one."""
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
