"""What is shipped: the wheel, its requirements, and an installation that has nothing else."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from zipfile import ZipFile

import pytest

from kubeguard import load_checks
from kubeguard.version import VERSION

ROOT = Path(__file__).parents[1]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
REQUIREMENT = re.compile(
    r"[a-z0-9-]+==[0-9][^ ]*( ; [^\\]+)? \\\n(    --hash=sha256:[0-9a-f]{64}( \\)?\n)+"
)
QUIET = ("--quiet", "--disable-pip-version-check")


def pip(python: str, *arguments: str) -> None:
    done = subprocess.run(
        [python, "-m", "pip", *arguments], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Built from a copy of what git would ship, so that leftovers of this folder stay out."""
    pytest.importorskip("hatchling", reason="hatchling, the build backend, is not installed")
    folder = tmp_path_factory.mktemp("wheel")
    pip(
        sys.executable,
        "wheel",
        *QUIET,
        "--no-deps",
        "--no-build-isolation",
        "-w",
        str(folder),
        str(ROOT),
    )
    (found,) = folder.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def members(wheel: Path) -> set[str]:
    with ZipFile(wheel) as archive:
        return set(archive.namelist())


def test_the_wheel_has_every_file_that_the_program_reads(members: set[str]) -> None:
    for check in load_checks():
        page = check.page.relative_to(ROOT).as_posix()
        assert {page, page.replace(".md", ".py")} <= members
    package = ROOT / "kubeguard"
    data = {
        file.relative_to(ROOT).as_posix()
        for file in package.rglob("*")
        if file.is_file() and file.suffix not in (".py", ".pyc", ".stamp")
    }
    assert data <= members
    assert {
        "kubeguard/py.typed",
        "kubeguard/policy/kubeguard.schema.json",
        "kubeguard/formats/report.schema.json",
        "kubeguard/schemas/kinds.z",
    } <= data


def test_the_wheel_has_nothing_else(members: set[str]) -> None:
    assert {name.partition("/")[0] for name in members} == {
        "kubeguard",
        f"kubeguard-{VERSION}.dist-info",
    }
    assert not [name for name in members if "tests/" in name or "__pycache__" in name]
    assert f"kubeguard-{VERSION}.dist-info/licenses/LICENSE" in members


def test_the_wheel_declares_what_the_project_needs(wheel: Path) -> None:
    with ZipFile(wheel) as archive:
        metadata = archive.read(f"kubeguard-{VERSION}.dist-info/METADATA").decode()
    assert f"\nVersion: {VERSION}\n" in metadata
    assert "\nRequires-Python: >=3.11\n" in metadata
    for requirement in PROJECT["project"]["dependencies"]:
        assert f"\nRequires-Dist: {requirement}\n" in metadata


@pytest.mark.parametrize("name", ["constraints.txt", "constraints-dev.txt", "constraints-go.txt"])
def test_every_pin_has_its_hashes_and_no_index_is_named(name: str) -> None:
    header, _, pins = (ROOT / name).read_text().partition("\n")
    assert header.startswith("# ")
    assert REQUIREMENT.sub("", pins) == ""


def test_every_requirement_is_pinned() -> None:
    runtime = PROJECT["project"]["dependencies"] + PROJECT["build-system"]["requires"]
    extras = PROJECT["project"]["optional-dependencies"]
    for file, wanted in (
        ("constraints.txt", runtime),
        ("constraints-dev.txt", [*runtime, *(item for group in extras.values() for item in group)]),
    ):
        pinned = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / file).read_text(), re.MULTILINE))
        assert {re.split(r"[^\w-]", item)[0] for item in wanted} <= pinned


def test_every_dependency_says_why() -> None:
    text = (ROOT / "pyproject.toml").read_text()
    for item in PROJECT["project"]["dependencies"]:
        assert re.search(rf'^    "{re.escape(item)}", +# \S', text, re.MULTILINE), item


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """kubeguard in an environment of its own, with the pinned requirements and nothing else."""
    folder = tmp_path_factory.mktemp("installed")
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
    python = str(folder / "bin/python")
    fetched = subprocess.run(
        [
            python,
            "-m",
            "pip",
            "install",
            *QUIET,
            "--require-hashes",
            "-r",
            str(ROOT / "constraints.txt"),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if fetched.returncode:
        assert "hash" not in fetched.stderr.lower(), fetched.stderr
        pytest.skip(
            f"pip cannot install the requirements: {fetched.stderr.strip().splitlines()[-1]}"
        )
    pip(python, "install", *QUIET, "--no-deps", "--no-index", str(wheel))
    return folder / "bin/kubeguard"


@pytest.mark.skipif(sys.platform == "win32", reason="paths of a POSIX environment")
def test_an_installation_works_in_any_folder(installed: Path, tmp_path: Path) -> None:
    (tmp_path / "deployment.yaml").write_text((ROOT / "docs/samples/deployment.yaml").read_text())
    (tmp_path / "Dockerfile").write_text((ROOT / "docs/samples/Dockerfile").read_text())

    def run(*arguments: str) -> tuple[int, str]:
        done = subprocess.run(
            [str(installed), *arguments], cwd=tmp_path, capture_output=True, text=True, check=False
        )
        assert "Traceback" not in done.stderr
        return done.returncode, done.stdout

    code, text = run("scan", "-f", "text", "-f", "html=out.html", "-f", "sarif=out.sarif")
    assert code == 1
    assert "2 inputs judged" in text
    assert (tmp_path / "out.html").read_text().startswith("<!doctype html>")
    assert run("explain", "privileged")[1].startswith("KG3004 privileged\n")
    assert len(run("checks")[1].splitlines()) == len(load_checks())
    assert run("--version") == (0, f"kubeguard {VERSION}\n")
    (tmp_path / "kubeguard.yaml").write_text("profile: baseline\nsuppresions: []\n")
    assert run("scan")[0] == 2


@pytest.mark.skipif(sys.platform == "win32", reason="paths of a POSIX environment")
def test_make_installs_it_without_a_network(installed: Path) -> None:
    """As the Makefile does: nothing but the pinned requirements is there to build with."""
    python = str(installed.parent / "python")
    pip(
        python,
        "install",
        *QUIET,
        "--no-deps",
        "--no-index",
        "--no-build-isolation",
        "-e",
        str(ROOT),
    )
    code = "import kubeguard; print(kubeguard.__file__)"
    shown = subprocess.run(
        [python, "-c", code], cwd="/", capture_output=True, text=True, check=True
    )
    assert Path(shown.stdout.strip()) == ROOT / "kubeguard/__init__.py"
