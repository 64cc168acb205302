"""Images and what is known of them, by the options of a scan."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from terminal import Cli

from kubeguard.sources.images import daemon
from tests.building import docker_archive

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web}
spec:
  securityContext: {runAsNonRoot: true}
  containers: [{name: web, image: "shop/web:1.2"}]
"""
ROOT = "KG2501"


@pytest.fixture(autouse=True)
def _files() -> None:
    Path("pod.yaml").write_text(POD)
    Path("web.tar").write_bytes(docker_archive({"config": {"Cmd": ["/app"]}}))


def test_image_and_manifest(cli: Cli) -> None:
    ran = cli("scan", "--quiet", "--select", "join", "pod.yaml", "web.tar")

    assert ran.code == 1
    assert f"pod.yaml:5:35: medium {ROOT}" in ran.out


def test_facts_in_place_of_the_image(cli: Cli) -> None:
    cli("scan", "web.tar", "--write-facts", "facts.json")

    assert ROOT in cli("scan", "pod.yaml", "--facts", "facts.json").out
    assert ROOT not in cli("scan", "pod.yaml").out


def test_facts_gather(cli: Cli) -> None:
    Path("other.tar").write_bytes(docker_archive({"names": ["other:1"]}))
    for image in ("web.tar", "other.tar"):
        known = ("--facts", "facts.json") if Path("facts.json").exists() else ()
        cli("scan", image, *known, "--write-facts", "facts.json")

    assert len(json.loads(Path("facts.json").read_text())["images"]) == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--facts", "none.json"], "none.json: no such file"),
        (["--facts-key", "pod.yaml"], "for which facts?"),
        (["--write-facts", ""], "--write-facts: no file is named"),
        (["--images", "push"], "--images"),
    ],
)
def test_wrong_options(cli: Cli, options: list[str], message: str) -> None:
    ran = cli("scan", "pod.yaml", *options)

    assert ran.code == 2
    assert message in ran.err


def test_facts_that_cannot_be_believed(cli: Cli) -> None:
    Path("facts.json").write_text("{}")
    ran = cli("scan", "pod.yaml", "--facts", "facts.json")

    assert ran.code == 3
    assert "facts.json: no image facts" in ran.err


def test_images_are_looked_for(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    def saved(reference: str) -> object:
        asked.append(reference)
        raise OSError("nobody there")

    monkeypatch.setattr(daemon, "saved", saved)
    ran = cli("scan", "pod.yaml", "--images", "daemon")

    assert asked == ["shop/web:1.2"]
    assert ran.code == 3
    assert "docker-daemon:shop/web:1.2: nobody there" in ran.out


def test_images_that_are_given_are_not_looked_for(cli: Cli) -> None:
    assert cli("scan", "pod.yaml", "web.tar", "--images", "daemon").code == 1
