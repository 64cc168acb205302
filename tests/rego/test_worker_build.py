"""The Rego worker in the wheel: built twice alike, left out with a sentence, never in silence."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path
from zipfile import ZipFile

import pytest

ROOT = Path(__file__).parents[2]
GO = shutil.which("go", path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
SHIPPED = ("engine", "kubeguard", "policies", "hatch_build.py", "pyproject.toml", "README.md")

needs_go = pytest.mark.skipif(GO is None, reason="needs Go, and the network for its modules")


def copied(folder: Path) -> Path:
    """What git ships of the project, without anything that was built."""
    folder.mkdir()
    for name in (*SHIPPED, "LICENSE"):
        there = ROOT / name
        if there.is_dir():
            ignored = shutil.ignore_patterns("__pycache__", "bin")
            shutil.copytree(there, folder / name, ignore=ignored)
        else:
            shutil.copy(there, folder / name)
    return folder


def wheel(project: Path, **environment: str) -> tuple[Path, str]:
    """The wheel of a project, and what was said while it was built."""
    pip = [sys.executable, "-m", "pip", "wheel", "-v", "--no-deps", "--no-build-isolation"]
    done = subprocess.run(
        [*pip, "--disable-pip-version-check", "-w", str(project / "dist"), str(project)],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environment},
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (found,) = (project / "dist").glob("*.whl")
    return found, done.stdout + done.stderr


def worker(found: Path) -> bytes:
    with ZipFile(found) as archive:
        return archive.read("kubeguard/rego/bin/kubeguard-rego")


def test_without_go_it_is_left_out_and_that_is_said(tmp_path: Path) -> None:
    found, said = wheel(copied(tmp_path / "a"), PATH="")

    assert found.name.endswith("-py3-none-any.whl")
    assert "installed without its Rego engine: there is no Go on PATH" in said
    with ZipFile(found) as archive:
        assert not [name for name in archive.namelist() if "/rego/bin/" in name]


def test_it_can_be_left_out_on_purpose(tmp_path: Path) -> None:
    found, said = wheel(copied(tmp_path / "a"), KUBEGUARD_REGO="skip")
    assert found.name.endswith("-py3-none-any.whl")
    assert "Rego engine" not in said


@pytest.mark.go
@needs_go
def test_two_builds_are_alike_and_carry_their_licences(tmp_path: Path) -> None:
    path = f"{Path(GO or '').parent}{os.pathsep}{os.environ['PATH']}"
    one, said = wheel(copied(tmp_path / "a"), PATH=path, KUBEGUARD_REGO="required")
    other, _ = wheel(copied(tmp_path / "elsewhere"), PATH=path, KUBEGUARD_REGO="required")

    assert "building the Rego worker for " in said
    assert "-py3-none-any" not in one.name
    assert worker(one) == worker(other)
    with ZipFile(one) as archive:
        licences = [name for name in archive.namelist() if "/rego/licenses/" in name]
        assert "kubeguard/rego/licenses/github.com/open-policy-agent/opa/LICENSE" in licences
        assert "kubeguard/rego/licenses/go/LICENSE" in licences
        assert "kubeguard/policies/governance/naming.rego" in archive.namelist()


@pytest.mark.go
@needs_go
def test_another_platform(tmp_path: Path) -> None:
    path = f"{Path(GO or '').parent}{os.pathsep}{os.environ['PATH']}"
    target = {"GOOS": "linux", "GOARCH": "arm64", "KUBEGUARD_REGO": "required"}
    found, _ = wheel(copied(tmp_path / "a"), PATH=path, **target)

    assert "manylinux2014_aarch64" in found.name
    assert worker(found)[:4] == b"\x7fELF"
    assert int.from_bytes(worker(found)[18:20], "little") == 183  # EM_AARCH64
