"""The docker program is believed neither to come to an end nor to be brief."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from kubeguard.deploy.compose.program import Docker
from kubeguard.errors import KubeguardError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")


def docker(folder: Path, script: str) -> Docker:
    program = folder / "docker"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return Docker(str(program))


def test_what_it_says(tmp_path: Path) -> None:
    heard: list[str] = []
    ended = docker(tmp_path, "cat; echo first >&2; echo; echo last >&2; echo >&2; exit 3").run(
        ("exec",), b"asked", hear=heard.append
    )
    assert (ended.code, ended.output, ended.complaint) == (3, b"asked\n", "last")
    assert heard == ["first", "last"]


@pytest.mark.parametrize("endless", ["exec yes", "exec yes >&2", "exec cat /dev/zero >&2"])
def test_it_is_not_listened_to_for_ever(tmp_path: Path, endless: str) -> None:
    with pytest.raises(KubeguardError, match="not done after 1 s"):
        docker(tmp_path, endless).run(("exec",), seconds=1, most=100)


def test_of_much_only_the_beginning_is_read(tmp_path: Path) -> None:
    """What is still in the pipe keeps nobody waiting."""
    ended = docker(tmp_path, "head -c 5000 /dev/zero").run(("exec",), seconds=10, most=100)
    assert ended.output == bytes(100)


def test_it_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(KubeguardError, match="cannot be started") as caught:
        Docker(str(tmp_path / "docker")).run(("version",))
    assert caught.value.hint == "install Docker Engine with its Compose plugin"
