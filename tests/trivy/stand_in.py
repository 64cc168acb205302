"""A program that stands in for Trivy: it replays what it is given, and misbehaves on demand."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from kubeguard.__main__ import main
from tests.building import Built, archive, build, docker_files

PROGRAM = """\
#!{python}
import json, os, subprocess, sys, time

folder = {folder!r}
with open(os.path.join(folder, "asked.jsonl"), "a") as file:
    asked = {{"arguments": sys.argv[1:], "environment": dict(os.environ), "folder": os.getcwd()}}
    for value in sys.argv[1:]:
        if value.endswith(".cdx.json"):
            asked["sbom"] = json.load(open(value))
    asked["files"] = os.listdir()
    file.write(json.dumps(asked) + "\\n")
what = sys.argv[1]
with open(os.path.join(folder, what + ".json")) as file:
    answer = json.load(file)
if answer.get("child"):
    subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
time.sleep(answer.get("seconds", 0))
sys.stderr.write(answer.get("err", ""))
sys.stdout.write(answer.get("out", ""))
sys.stdout.flush()
if answer.get("signal"):
    os.kill(os.getpid(), answer["signal"])
sys.exit(answer.get("code", 0))
"""


class StandIn:
    """The program in a folder, and what it was asked."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "trivy"
        self.path.write_text(PROGRAM.format(python=sys.executable, folder=str(folder)))
        self.path.chmod(0o755)
        self.says("version", about())

    def says(self, what: str, document: Any = None, **behaviour: Any) -> None:
        """The answer to `trivy WHAT`; `out` in the behaviour is text that is no document."""
        out = {} if document is None else {"out": json.dumps(document)}
        (self.folder / f"{what}.json").write_text(json.dumps(out | behaviour))

    @property
    def asked(self) -> list[dict[str, Any]]:
        file = self.folder / "asked.jsonl"
        return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def about(version: str = "0.74.0", days: float = 0, database: bool = True) -> dict[str, Any]:
    """What `trivy version --format json` says, with nanoseconds as Go writes them."""
    moment = (datetime.now(UTC) - timedelta(days=days)).strftime("%Y-%m-%dT%H:%M:%S.123456789Z")
    known = {"VulnerabilityDB": {"Version": 2, "UpdatedAt": moment}} if database else {}
    return {"Version": version, **known}


def report(image: str, *found: Mapping[str, Any], kind: str = "container_image") -> dict[str, Any]:
    """A report about one image."""
    result = {"Target": "a", "Class": "os-pkgs", "Type": "alpine", "Vulnerabilities": [*found]}
    return {
        "SchemaVersion": 2,
        "ArtifactName": "a",
        "ArtifactType": kind,
        "Metadata": {"ImageID": image} if image else {},
        "Results": [result] if found else [],
    }


ALPINE = {
    "config": {"Cmd": ["/bin/sh"]},
    "layers": [
        {"by": "ADD rootfs.tar /", "files": {"/etc/os-release": "ID=alpine\nVERSION_ID=3.10.2\n"}},
        {
            "by": "RUN apk add openssl",
            "files": {"/lib/apk/db/installed": "P:openssl\nV:1.1.1c-r0\nA:x86_64\no:openssl\n\n"},
        },
    ],
}


class Ran(NamedTuple):
    """What kubeguard left."""

    code: int
    out: str
    err: str


class Place:
    """A working directory with an image in `image.tar`, and kubeguard run in it."""

    def __init__(self, capsys: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self.capsys = capsys
        self.patch = patch
        self.built: Built = build(ALPINE)
        Path("image.tar").write_bytes(archive(docker_files(self.built)))

    def scan(self, *arguments: str) -> Ran:
        self.patch.setattr(sys, "argv", ["kubeguard", "scan", *arguments])
        with pytest.raises(SystemExit) as stop:
            main()
        return Ran(int(stop.value.code or 0), *self.capsys.readouterr())
