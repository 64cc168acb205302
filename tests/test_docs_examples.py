"""The example in docs/writing-a-check.md is a check, and its page passes its test."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
GUIDE = (ROOT / "docs/writing-a-check.md").read_text(encoding="utf-8")
FENCE = re.compile(
    r'^(`{3,})\w+ title="(attached_terminal\.\w+)"\n(.*?)^\1$', re.DOTALL | re.MULTILINE
)
PLUGIN = "import kubeguard.checks\nkubeguard.checks.__path__.append({!r})\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The example as a family beside the others."""
    family = tmp_path / "families/example"
    family.mkdir(parents=True)
    for _, name, text in FENCE.findall(GUIDE):
        (family / name).write_text(text, encoding="utf-8")
    (tmp_path / "guest.py").write_text(PLUGIN.format(str(family.parent)))
    return tmp_path


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    path = os.pathsep.join([str(folder), str(ROOT)])
    return subprocess.run(
        [sys.executable, *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "PYTHONPATH": path},
        check=False,
    )


def page_test(folder: Path) -> subprocess.CompletedProcess[str]:
    arguments = ("-m", "pytest", "-p", "guest", "-p", "no:cacheprovider", "tests/test_pages.py")
    return run(folder, *arguments, "-k", "KG3998")


def test_it_is_two_files_and_short(folder: Path) -> None:
    files = sorted((folder / "families/example").iterdir())
    assert [file.name for file in files] == ["attached_terminal.md", "attached_terminal.py"]
    assert len(files[1].read_text().splitlines()) <= 35


def test_its_page_passes(folder: Path) -> None:
    done = page_test(folder)
    assert done.returncode == 0, done.stdout
    assert " passed" in done.stdout


def test_a_page_that_says_something_else_does_not(folder: Path) -> None:
    page = folder / "families/example/attached_terminal.md"
    page.write_text(page.read_text().replace('hl_lines="7"', 'hl_lines="6"'))
    assert page_test(folder).returncode == 1


def test_it_is_explained_and_run_like_any_other(folder: Path, tmp_path: Path) -> None:
    code = (
        "import guest, sys; sys.argv[0] = 'kubeguard'; from kubeguard.__main__ import main; main()"
    )
    assert "\nWhat to do\n" in run(folder, "-c", code, "explain", "attached-terminal").stdout
    (tmp_path / "pod.yaml").write_text(
        "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
        "spec: {containers: [{name: a, tty: true}]}\n"
    )
    target = str(tmp_path / "pod.yaml")
    done = run(folder, "-c", code, "scan", "-q", "--select", "KG3998", target)
    assert "low KG3998 container 'a' keeps a terminal open" in done.stdout
