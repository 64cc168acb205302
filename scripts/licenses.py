"""Gathers the licences of everything that is linked into the Rego worker; `--check` compares."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

ENGINE = Path(__file__).parent.parent / "engine"
FOLDER = ENGINE / "THIRD_PARTY"
NAMES = ("LICENSE", "LICENCE", "COPYING", "NOTICE", "PATENTS")


def main() -> int:
    if not shutil.which("go"):
        print("no Go here: the licences of the Rego worker are not compared")
        return 0
    texts = dict(_texts())
    there = {
        file.relative_to(FOLDER).as_posix(): file.read_bytes()
        for file in FOLDER.rglob("*")
        if file.is_file()
    }
    if texts == there:
        return 0
    if "--check" in sys.argv:
        changed = sorted(n for n in texts.keys() | there.keys() if texts.get(n) != there.get(n))
        print(f"engine/THIRD_PARTY is not up to date: {', '.join(changed)}; make licenses")
        return 1
    shutil.rmtree(FOLDER, ignore_errors=True)
    for name, text in texts.items():
        file = FOLDER / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(text)
    return 0


def _texts() -> Iterator[tuple[str, bytes]]:
    """Licence files by module, and Go's own, for its runtime and library."""
    yield "go/LICENSE", (Path(_go("env", "GOROOT").strip()) / "LICENSE").read_bytes()
    form = "{{with .Module}}{{if not .Main}}{{.Path}}\t{{.Dir}}{{end}}{{end}}"
    for line in sorted(set(_go("list", "-deps", "-f", form, ".").split("\n")) - {""}):
        module, folder = line.split("\t")
        found = [f for f in sorted(Path(folder).iterdir()) if f.name.upper().startswith(NAMES)]
        if not found:
            raise SystemExit(f"{module} has no licence file")
        for file in found:
            if file.is_file():
                yield f"{module}/{file.name}", file.read_bytes()


def _go(*arguments: str) -> str:
    return subprocess.run(
        ["go", *arguments], cwd=ENGINE, capture_output=True, text=True, check=True
    ).stdout


if __name__ == "__main__":
    raise SystemExit(main())
