"""A command imports what it needs and nothing more: that is why kubeguard answers at once."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import corpus
from kubeguard.api import checks_of
from kubeguard.checks.kit import Dockerfile, Image, Instruction, Stage, Trouble
from kubeguard.policy.policy import Policy
from kubeguard.registry import checks_for, load_checks
from kubeguard.sources.images.reading import read as read_image
from kubeguard.sources.images.transports import Target, Transport
from kubeguard.sources.text import read
from tests.building import docker_archive

HEAVY = {
    "email",
    "hashlib",
    "jinja2",
    "jsonschema",
    "jsonschema_rs",
    "multiprocessing",
    "orjson",
    "pathspec",
    "pkgutil",
    "shutil",
    "tempfile",
    "tree_sitter",
    "yaml",
}
"""Modules that take a millisecond or more, each needed by something rare."""

LOADED = """
import runpy, sys
before = set(sys.modules)
sys.argv = ["kubeguard", *{arguments}]
try:
    runpy.run_module("kubeguard", run_name="__main__")
except SystemExit:
    pass
print(*sorted(set(sys.modules) - before), file=sys.stderr)
"""


def loaded(*arguments: str) -> set[str]:
    """The modules that a command imports, beside those of an empty Python."""
    program = LOADED.format(arguments=arguments)
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        env={name: value for name, value in os.environ.items() if name != "COLUMNS"},
    )
    return set(done.stderr.split())


def below(package: str, modules: set[str]) -> set[str]:
    return {name for name in modules if name == package or name.startswith(f"{package}.")}


@pytest.fixture
def manifest(tmp_path: Path) -> str:
    corpus.flawed(tmp_path / "one.yaml")
    return str(tmp_path / "one.yaml")


@pytest.fixture
def dockerfile(tmp_path: Path) -> str:
    corpus.dockerfiles(tmp_path, files=1)
    return str(tmp_path / "service-000" / "Dockerfile")


def test_version_imports_nothing_but_itself():
    assert below("kubeguard", loaded("--version")) == {"kubeguard", "kubeguard.version"}


def test_help_imports_no_command():
    modules = loaded("--help")
    assert HEAVY & modules <= {"shutil"}  # by which click learns how wide the terminal is
    assert below("kubeguard", modules) == {
        "kubeguard",
        "kubeguard.cli",
        "kubeguard.cli.lazy",
        "kubeguard.errors",
        "kubeguard.version",
    }


def test_a_manifest_imports_nothing_of_what_a_dockerfile_needs(manifest):
    modules = loaded("scan", manifest)
    assert "kubeguard.checks.workload.privileged" in modules
    for rare in (
        "kubeguard.checks.dockerfile",
        "kubeguard.cli.known",
        "kubeguard.policy.baseline",
        "kubeguard.policy.comments",
        "kubeguard.policy.suppressions",
        "kubeguard.sources.dockerfile",
        "kubeguard.sources.edit",
        "kubeguard.sources.shell",
    ):
        assert not below(rare, modules)
    # jsonschema_rs, which judges the object's schema, imports email for its formats
    assert HEAVY & modules == {"email", "jsonschema_rs", "yaml"}
    assert below("kubeguard.formats", modules) == {
        "kubeguard.formats",
        *(f"kubeguard.formats.{name}" for name in ("text", "_block", "_cells", "_context")),
        *(f"kubeguard.formats.{name}" for name in ("_digest", "_paint", "_printable", "_summary")),
    }


def test_a_dockerfile_imports_nothing_of_what_a_manifest_needs(dockerfile):
    modules = loaded("scan", dockerfile)
    modules_of_checks = below("kubeguard.checks", modules) - {"kubeguard.checks"}
    assert {name.split(".")[2] for name in modules_of_checks} == {"dockerfile", "kit", "scan"}
    assert "jsonschema_rs" not in modules


def test_checks_on_dockerfiles_are_one_family_and_the_others_are_on_objects():
    for check in load_checks():
        on_dockerfiles = check.on in (Dockerfile, Instruction, Stage)
        assert (check.on is Image) is (check.family == "image"), check.name
        assert on_dockerfiles is (check.family == "dockerfile"), check.name
        assert (check.on is Trouble) is (check.family in ("scan", "schema")), check.name


@pytest.fixture
def saved(tmp_path: Path) -> str:
    file = tmp_path / "saved.tar"
    file.write_bytes(docker_archive({}))
    return str(file)


def test_an_image_imports_nothing_of_what_a_manifest_needs(saved):
    modules = loaded("scan", saved)
    modules_of_checks = below("kubeguard.checks", modules) - {"kubeguard.checks"}
    assert {name.split(".")[2] for name in modules_of_checks} == {
        "image",
        "kit",
        "scan",
        "vulnerability",
    }
    assert HEAVY & modules == {"hashlib", "orjson", "yaml"}


def test_everything_that_was_read_finds_its_checks(manifest, dockerfile, saved):
    readings = [read(name, Path(name).read_bytes()) for name in (manifest, dockerfile)]
    readings.append(read_image("x", Target(Transport.DOCKER_ARCHIVE, saved)))
    assert checks_for(readings) == load_checks()
    families = [{check.family for check in checks_for([reading])} for reading in readings]
    assert families[0] & families[1] == {"scan"}
    assert families[2] == {"scan", "image", "vulnerability"}
    assert {check.family for check in checks_for([read("notes.txt", b"x")])} == {"scan"}
    assert set(checks_of(Policy())) < set(load_checks())
