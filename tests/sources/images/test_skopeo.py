"""What other programs make of the same image: skopeo of its shapes, umoci of its files."""

from __future__ import annotations

import json
import os
import shutil
import stat
import subprocess
from pathlib import Path

import pytest

from kubeguard.api import audit
from kubeguard.model.image import FileKind
from kubeguard.sources.targets import find, load
from tests.building import Description, docker_archive

if missing := [program for program in ("skopeo", "umoci") if not shutil.which(program)]:
    pytest.skip(f"{' and '.join(missing)} not installed", allow_module_level=True)

IMAGE: Description = {
    "names": ["docker.io/shop/web:1.2"],
    "config": {"Env": ["API_KEY=3fae09c2d1b84c7e9a51"], "ExposedPorts": {"22/tcp": {}}},
    "layers": [
        {
            "files": {
                "/etc/passwd": "root:x:0:0::/root:/bin/sh\ntoor:x:0:0::/:/bin/sh",
                "/usr/bin": {"folder": True},
                "/usr/bin/su": {"mode": "4755", "text": "program"},
                "/usr/bin/login": {"same_as": "/usr/bin/su", "mode": "4755"},
                "/bin": {"link": "usr/bin"},
                "/app": {"folder": True, "mode": "0777"},
                "/app/.env": {"text": "DB_PASSWORD=Tr0ubadour", "mode": "0600", "uid": 1000},
                "/app/cache/old": "1",
                "/tmp": {"folder": True, "mode": "1777"},
                "/swap": "a file",
            }
        },
        {
            "files": {
                "/app/cache": {"folder": True, "gid": 7},
                "/app/cache/new": {"size": 5000, "mode": "0640"},
                "/swap": {"folder": True},
                "/swap/in": "deep",
                "/" + "d" * 120 + "/" + "ä" * 80: "long",
            },
            "deleted": ["/app/.env"],
            "emptied": ["/app/cache"],
        },
    ],
}


@pytest.fixture(scope="module")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The image as docker saved it, and as skopeo copied it from there."""
    folder = tmp_path_factory.mktemp("images")
    (folder / "saved.tar").write_bytes(docker_archive(IMAGE))
    source = f"docker-archive:{folder}/saved.tar"
    found = {
        "docker-archive": source,
        "plain path": f"{folder}/saved.tar",
        "oci": f"oci:{folder}/layout:1.2",
        "oci-archive": f"oci-archive:{folder}/layout.tar:1.2",
        "docker-archive again": f"docker-archive:{folder}/again.tar:shop/web:1.2",
    }
    for name in ("oci", "oci-archive", "docker-archive again"):
        skopeo("copy", source, found[name])
    return found


def skopeo(*arguments: str) -> str:
    command = ["skopeo", "--insecure-policy", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def test_findings_are_the_same_in_every_shape(shapes: dict[str, str]) -> None:
    told = {
        name: [(f.check.id, f.message, f.location.path) for f in audit(target).findings]
        for name, target in shapes.items()
    }

    first = told.pop("docker-archive")
    assert {check for check, _, _ in first} == {
        *("KG2002", "KG2004", "KG2007", "KG2008", "KG2009", "KG2010", "KG2012")
    }
    for name, found in told.items():
        assert found == first, name


def test_skopeo_sees_the_same_configuration(shapes: dict[str, str]) -> None:
    for target in (shapes["docker-archive"], shapes["oci"]):
        (entry,) = find([target])
        (image,) = load(entry).images
        config = json.loads(skopeo("inspect", "--config", target))
        assert config["config"]["Env"] == list(image.strings("Env"))
        assert config["rootfs"]["diff_ids"] == [layer.digest for layer in image.layers]
        assert f"{config['os']}/{config['architecture']}" == image.platform


@pytest.mark.skipif(os.geteuid() != 0, reason="owners need root")
def test_umoci_unpacks_the_same_files(shapes: dict[str, str], tmp_path: Path) -> None:
    layout = shapes["oci"].removeprefix("oci:")
    command = ["umoci", "raw", "unpack", "--image", layout, str(tmp_path / "root")]
    subprocess.run(command, check=True, capture_output=True)
    (entry,) = find([shapes["oci"]])
    (image,) = load(entry).images

    unpacked = {}
    for path in (tmp_path / "root").rglob("*"):
        name = "/" + path.relative_to(tmp_path / "root").as_posix()
        status = path.lstat()
        kind = stat.S_IFMT(status.st_mode)
        mode = stat.S_IMODE(status.st_mode) if kind != stat.S_IFLNK else None
        size = status.st_size if kind == stat.S_IFREG else None
        unpacked[name] = (kind, mode, status.st_uid, status.st_gid, size)

    kinds = {
        FileKind.FILE: stat.S_IFREG,
        FileKind.FOLDER: stat.S_IFDIR,
        FileKind.LINK: stat.S_IFLNK,
    }
    seen = {
        file.path: (
            kinds[file.kind],
            file.mode if file.kind is not FileKind.LINK else None,
            file.uid,
            file.gid,
            file.size if file.kind is FileKind.FILE else None,
        )
        for file in image.files.values()
    }
    made_on_the_way = unpacked.keys() - seen.keys()
    assert made_on_the_way == {"/etc", "/usr", "/" + "d" * 120}
    assert seen == {path: facts for path, facts in unpacked.items() if path not in made_on_the_way}
