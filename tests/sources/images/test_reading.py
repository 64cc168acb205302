"""One image in every shape has one content; several have each their own."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from kubeguard.errors import UsageError
from kubeguard.model.finding import Outcome
from kubeguard.model.image import File, FileKind, Image
from kubeguard.sources.images.transports import Target, Transport, target
from kubeguard.sources.targets import find, load
from tests.building import archive, build, digest, docker_files, oci_files, write_folder
from tests.sources.images.conftest import SHAPES, Scan

SHOP = build(
    {
        "config": {"User": "10001", "Cmd": ["/app/run"]},
        "history": ["ENV PORT=8080"],
        "layers": [
            {
                "by": "ADD rootfs.tar /",
                "files": {
                    "/etc/passwd": "root:x:0:0::/root:/bin/sh",
                    "/bin": {"link": "usr/bin"},
                    "/usr/bin/sh": {"mode": "0755", "text": "program"},
                    "/usr/bin/su": {"mode": "4755", "text": "program"},
                    "/usr/bin/login": {"same_as": "/usr/bin/su", "mode": "4755"},
                    "/var/cache": {"folder": True},
                    "/var/cache/a/b": "old",
                    "/app/.env": "DB_PASSWORD=Tr0ubadour",
                },
            },
            {
                "by": "RUN make",
                "files": {
                    "/app/run": {"mode": "0755", "text": "x" * 600, "uid": 3_000_000},
                    "/var/cache/c": "new",
                    "/app/" + "long/" * 60 + "name": "text",
                },
                "deleted": ["/app/.env"],
                "emptied": ["/var/cache"],
            },
        ],
    }
)


def one(reading: object) -> Image:
    images = reading.images  # type: ignore[attr-defined]
    assert len(images) == 1, reading
    return images[0]


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_has_the_same_content(scan: Scan, shape: str) -> None:
    image = one(scan(SHAPES[shape](SHOP)))

    assert image.digest == digest(SHOP.config)
    assert image.config.get("User") == "10001"
    assert image.platform == "linux/amd64"
    assert [layer.made_by for layer in image.layers] == ["ADD rootfs.tar /", "RUN make"]
    assert [layer.digest for layer in image.layers] == [digest(data) for data in SHOP.layers]
    assert sorted(image.files) == sorted(
        [
            *("/etc/passwd", "/bin", "/usr/bin/sh", "/usr/bin/su", "/usr/bin/login"),
            *("/var/cache", "/var/cache/c", "/app/run", "/app/" + "long/" * 60 + "name"),
        ]
    )
    run = image.files["/app/run"]
    assert run == File("/app/run", FileKind.FILE, 0o755, 3_000_000, 0, 600, layer=1)
    assert image.files["/usr/bin/login"].size == len("program")
    assert {(file.path, file.layer, file.hidden_in) for file in image.buried} == {
        ("/app/.env", 0, 1),
        ("/var/cache/a/b", 0, 1),
    }


def test_links_are_followed_as_in_the_container(scan: Scan) -> None:
    layer = {
        "files": {
            "/a": {"link": "b"},
            "/b": {"link": "/c/../d"},
            "/d/e": "found",
            "/up": {"link": "../../../d"},
            "/round": {"link": "/round"},
            "/long": {"link": "/longer"},
            "/longer": {"link": "long"},
        }
    }
    image = one(scan(archive(docker_files(build({"layers": [layer]})))))

    for path in ("/a/e", "/up/e", "/d/../d/e", "a/e", "/../a/e"):
        found = image.find(path)
        assert found is not None, path
        assert found.path == "/d/e"
    for path in ("/round", "/long", "/a/x", "/d/e/f"):
        assert image.find(path) is None


def test_layers_hide_what_lies_below(scan: Scan) -> None:
    steps = [
        {"files": {"/a/x": "1", "/a/y": "1", "/b": {"folder": True}, "/b/z": "1", "/keep": "1"}},
        {"files": {"/a/x": "2", "/b": "a file now"}, "emptied": ["/a"]},
        {"files": {"/a/y": "3"}, "deleted": ["/a/x", "/nothing"]},
    ]
    image = one(scan(archive(docker_files(build({"layers": steps})))))

    assert {path: file.layer for path, file in image.files.items()} == {
        "/a/y": 2,
        "/b": 1,
        "/keep": 0,
    }
    assert {(f.path, f.layer, f.hidden_in) for f in image.buried} == {
        ("/a/x", 0, 1),
        ("/a/x", 1, 2),
        ("/a/y", 0, 1),
        ("/b/z", 0, 1),
    }


def test_several_images_of_an_archive(scan: Scan) -> None:
    other = build({"names": ["docker.io/library/db:3"], "config": {"User": "1"}})
    for given in (archive(docker_files(SHOP, other)), oci_files(SHOP, other)):
        reading = scan(given)
        assert [image.names[0] for image in reading.images] == [
            "shop/web:1.2",
            "docker.io/library/db:3",
        ]

    assert one(scan(archive(docker_files(SHOP, other)), tag="db:3")).config.get("User") == "1"
    assert one(scan(oci_files(SHOP, other), "oci", "1.2")).names == ("shop/web:1.2",)
    missing = scan(archive(docker_files(SHOP)), tag="shop/web:2")
    assert missing.reason == "no image is called 'shop/web:2'"


def test_a_layer_that_docker_saved_as_a_link(scan: Scan) -> None:
    files = docker_files(SHOP)
    manifest = json.loads(files["manifest.json"])
    first = manifest[0]["Layers"][0]
    manifest[0]["Layers"][0] = "copy/layer.tar"
    files["manifest.json"] = json.dumps(manifest).encode()

    image = one(scan(archive(files, links={"copy/layer.tar": f"../{first}"})))

    assert image.files["/usr/bin/su"].mode == 0o4755


class TestPlatforms:
    """An image for several platforms is judged for one of them, which is told."""

    IMAGES = tuple(
        build({"architecture": arch, "config": {"User": arch}})
        for arch in ("s390x", "arm64", "amd64")
    )

    def test_the_host_is_the_default(self, scan: Scan, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("platform.machine", lambda: "aarch64")
        reading = scan(oci_files(nested=self.IMAGES))

        assert one(reading).config.get("User") == "arm64"
        assert reading.what == "image for linux/arm64"

    def test_asked_for(self, scan: Scan) -> None:
        assert one(scan(oci_files(nested=self.IMAGES), platform="linux/s390x")).names == ()

    def test_not_there(self, scan: Scan) -> None:
        reading = scan(oci_files(nested=self.IMAGES), platform="linux/arm/v7")

        assert reading.outcome is Outcome.FAILED
        there = "linux/s390x, linux/arm64, linux/amd64"
        assert reading.reason == f"no image for linux/arm/v7: there are {there}"

    def test_the_only_one_there_is(self, scan: Scan, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("platform.machine", lambda: "riscv64")

        assert one(scan(oci_files(nested=self.IMAGES[:1]))).platform == "linux/s390x"

    @pytest.mark.parametrize("text", ["amd64", "linux/", "/", "a/b/c/d"])
    def test_none(self, text: str, scan: Scan) -> None:
        with pytest.raises(UsageError):
            scan(b"", platform=text)


def test_keys_are_read_in_any_case_as_go_does(scan: Scan) -> None:
    image = one(scan(archive(docker_files(build({"config": {"User": "1", "user": "root"}})))))

    assert image.config.get("User") == "root"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("docker-archive:x.tar", Target(Transport.DOCKER_ARCHIVE, "x.tar")),
        (
            "docker-archive:x.tar:shop/web:1.2",
            Target(Transport.DOCKER_ARCHIVE, "x.tar", "shop/web:1.2"),
        ),
        ("oci:layout:1.2", Target(Transport.OCI, "layout", "1.2")),
        ("oci-archive:/a/b.tar", Target(Transport.OCI_ARCHIVE, "/a/b.tar")),
        ("x.tar", None),
        ("docker-archive", None),
        ("./oci:x", None),
        ("C:/x.tar", None),
    ],
)
def test_transports(text: str, expected: Target | None) -> None:
    assert target(text) == expected


def test_targets_are_told_by_their_content(tmp_path: Path) -> None:
    saved = tmp_path / "saved.bin"
    saved.write_bytes(archive(docker_files(SHOP)))
    layout = write_folder(tmp_path / "layout", oci_files(SHOP))

    for text in (f"{saved}", f"docker-archive:{saved}", f"{layout}", f"oci:{layout}:shop/web:1.2"):
        (entry,) = find([text])
        reading = load(entry)
        assert reading.name == text
        assert [image.names for image in reading.images] == [("shop/web:1.2",)]

    with pytest.raises(UsageError):
        list(find([f"docker-archive:{tmp_path}/missing.tar"]))
    with pytest.raises(UsageError):
        list(find(["oci:"]))
