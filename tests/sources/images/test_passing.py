"""What an engine sends passes by once, and has the same content as an archive."""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from kubeguard.model.finding import Outcome
from kubeguard.model.reading import Reading
from kubeguard.sources.images import daemon
from kubeguard.sources.images.reading import read
from kubeguard.sources.images.transports import Target, Transport
from tests.building import archive, docker_files, oci_files
from tests.sources.images.test_hostile_images import SMALL, cut, swapped, without
from tests.sources.images.test_reading import SHOP

Files = dict[str, bytes]


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """An engine that sends the archive that is put into the list."""
    sent: list[bytes] = []

    @contextmanager
    def saved(_: str) -> Iterator[tuple[io.BytesIO, tuple[str, ...]]]:
        yield io.BytesIO(sent[0]), ("sha256:" + "1" * 64,)

    monkeypatch.setattr(daemon, "saved", saved)
    return sent


def ask() -> Reading:
    return read("x", Target(Transport.DAEMON, "", "shop/web:1.2"))


@pytest.mark.parametrize("files", [docker_files(SHOP), oci_files(SHOP)], ids=["docker", "oci"])
@pytest.mark.parametrize("backwards", [False, True])
def test_the_order_does_not_matter(engine: list[bytes], files: Files, backwards: bool) -> None:
    engine.append(archive(dict(sorted(files.items(), reverse=backwards)) | {"VERSION": b"1.0"}))

    (image,) = ask().images

    assert image.config.get("User") == "10001"
    assert image.files["/usr/bin/login"].mode == 0o4755
    assert {file.path for file in image.buried} == {"/app/.env", "/var/cache/a/b"}


def test_links_between_layers(engine: list[bytes]) -> None:
    files = docker_files(SMALL)
    manifest = json.loads(files["manifest.json"])
    first = manifest[0]["Layers"][0]
    manifest[0]["Layers"] = ["copy/layer.tar"]
    files["manifest.json"] = json.dumps(manifest).encode()
    engine.append(archive(files, links={"copy/layer.tar": f"../{first}"}))

    (image,) = ask().images

    assert set(image.files) == {"/a"}


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        (swapped(), "does not have its digest"),
        (without("layer.tar"), "is missing"),
        (cut("layer.tar"), "ends in the middle"),
        ({"manifest.json": b"[" * 9}, "not JSON"),
        ({}, "no image in it"),
    ],
)
def test_what_goes_wrong(engine: list[bytes], files: Files, reason: str) -> None:
    engine.append(archive(files))

    reading = ask()

    assert reading.outcome is Outcome.FAILED
    assert reason in reading.reason
