"""One command, one table: median CPU seconds, wall seconds and peak memory of whole processes."""

from __future__ import annotations

import compileall
import os
import platform
import shutil
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from benchmarks import corpus

RUNS = 5
KUBEGUARD = [sys.executable, "-m", "kubeguard"]
AI = ["--policy", "pack:ai"]
"""The pack of about 30 policies, on objects of which few run models."""
RIVALS_MANIFESTS = {
    "kube-linter": ["lint", "{}"],
    "kube-score": ["score", "{}"],
    "polaris": ["audit", "--audit-path", "{}"],
    "checkov": ["--quiet", "--compact", "--skip-download", "-d", "{}"],
    "trivy": ["config", "--quiet", "--skip-check-update", "{}"],
}
RIVALS_DOCKERFILES = {
    "hadolint": ["{*}"],
    "checkov": ["--quiet", "--compact", "--skip-download", "--framework", "dockerfile", "-d", "{}"],
    "trivy": ["config", "--quiet", "--skip-check-update", "{}"],
}


@dataclass(frozen=True)
class Cost:
    """Seconds and MB of one command, medians over the runs."""

    cpu: float
    wall: float
    memory: float


def measure(command: list[str], folder: Path) -> Cost:
    """Run a command RUNS times with its output thrown away, children counted in."""
    runs = [_once(command, folder) for _ in range(RUNS)]
    return Cost(*(statistics.median(column) for column in zip(*runs, strict=True)))


def _once(command: list[str], folder: Path) -> tuple[float, float, float]:
    with open(os.devnull, "wb") as null:
        start = time.perf_counter()
        pid = os.posix_spawnp(
            command[0],
            command,
            os.environ | {"PWD": str(folder)},
            file_actions=[(os.POSIX_SPAWN_DUP2, null.fileno(), n) for n in (1, 2)],
        )
        _, _, usage = os.wait4(pid, 0)
        wall = time.perf_counter() - start
    return usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024


def main() -> None:
    compileall.compile_dir("kubeguard", quiet=1)  # as an installer does
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        corpus.manifests(folder / "5k", files=1000)
        corpus.manifests(folder / "50k", files=10_000)
        corpus.dockerfiles(folder / "docker")
        corpus.flawed(folder / "one.yaml")
        scan = [*KUBEGUARD, "scan", "--config", os.devnull]
        table = [
            ("python -c pass", [sys.executable, "-c", "pass"]),
            ("kubeguard --version", [*KUBEGUARD, "--version"]),
            ("kubeguard scan one.yaml", [*scan, f"{folder}/one.yaml"]),
            ("scan one.yaml, 30 policies", [*scan, *AI, f"{folder}/one.yaml"]),
            ("5,000 objects, text", [*scan, f"{folder}/5k"]),
            ("5,000 objects, json", [*scan, "--format", "json", f"{folder}/5k"]),
            ("5,000 objects, json, 2 jobs", [*scan, "--jobs=2", "--format=json", f"{folder}/5k"]),
            ("5,000 objects, 30 policies", [*scan, *AI, "--format=json", f"{folder}/5k"]),
            ("50,000 objects, json", [*scan, "--format", "json", f"{folder}/50k"]),
            ("200 Dockerfiles", [*scan, f"{folder}/docker"]),
            *_rivals(RIVALS_MANIFESTS, "5,000 objects", [folder / "5k"]),
            *_rivals(RIVALS_DOCKERFILES, "200 Dockerfiles", sorted(folder.glob("docker/*/*"))),
        ]
        machine = f"{platform.machine()}, {os.cpu_count()} cores"
        print(f"{date.today()}, {machine}, Python {platform.python_version()}")
        print(f"{'median of ' + str(RUNS):32} {'CPU s':>8} {'wall s':>8} {'MB':>7}")
        for title, command in table:
            cost = measure(command, folder)
            print(f"{title:32} {cost.cpu:8.3f} {cost.wall:8.3f} {cost.memory:7.0f}", flush=True)


def _rivals(
    rivals: dict[str, list[str]], title: str, files: list[Path]
) -> list[tuple[str, list[str]]]:
    """The rivals on PATH; `{}` in their arguments is the folder, `{*}` every file."""
    found = []
    for tool, arguments in rivals.items():
        if shutil.which(tool):
            top = files[0] if files[0].is_dir() else files[0].parent.parent
            given = [a.replace("{}", str(top)) for a in arguments if a != "{*}"]
            given += [str(file) for file in files] if "{*}" in arguments else []
            found.append((f"{title}, {tool}", [tool, *given]))
    return found


if __name__ == "__main__":
    main()
