"""What is installed in an image, from whatever lists it."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from kubeguard.model.package import Ecosystem, Inventory
from kubeguard.sources.images.budget import WITH_PACKAGES, ImageBudget
from kubeguard.sources.images.reading import read
from kubeguard.sources.images.transports import Target, Transport
from tests.building import docker_archive

Named = list[tuple[str, str, str]]


def installed(
    tmp_path: Path, *layers: Mapping[str, Any], budget: ImageBudget = WITH_PACKAGES
) -> Inventory:
    """The inventory of an image with these layers."""
    file = tmp_path / "image.tar"
    file.write_bytes(docker_archive({"layers": layers}))
    reading = read("image.tar", Target(Transport.DOCKER_ARCHIVE, str(file)), budget=budget)
    assert reading.reason == ""
    inventory = reading.images[0].inventory
    assert inventory is not None
    return inventory


def named(inventory: Inventory) -> Named:
    return [
        (i.package.ecosystem.value, i.package.name, i.package.version) for i in inventory.packages
    ]


def files(**content: object) -> dict[str, Any]:
    return {"files": content}


DPKG = """\
Package: libc6
Status: install ok installed
Architecture: amd64
Source: glibc (2.36-8)
Version: 2.36-9
Description: GNU C Library
 Package: not this one

Package: removed
Status: deinstall ok config-files
Version: 1.0

Package: tzdata
Status: install ok installed
Version: 2024a-0
"""


def jar(members: Mapping[str, str | bytes]) -> dict[str, str]:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return {"hex": data.getvalue().hex()}


def pom(group: str, name: str, version: str) -> dict[str, str | bytes]:
    text = f"#made\ngroupId={group}\nartifactId={name}\nversion={version}\n"
    return {f"META-INF/maven/{group}/{name}/pom.properties": text}


@pytest.mark.parametrize(
    ("path", "content", "expected"),
    [
        ("/var/lib/dpkg/status", DPKG, [("deb", "libc6", "2.36-9"), ("deb", "tzdata", "2024a-0")]),
        (
            "/var/lib/dpkg/status.d/base-files",
            "Package: base-files\nVersion: 12.4\n",
            [("deb", "base-files", "12.4")],
        ),
        ("/var/lib/dpkg/status.d/base-files.md5sums", "Package: x\nVersion: 1\n", []),
        (
            "/lib/apk/db/installed",
            "C:Q1\nP:musl\nV:1.2.4-r2\nA:x86_64\no:musl\nF:lib\nR:ld\n\nP:busybox\nV:1-r0\n",
            [("apk", "busybox", "1-r0"), ("apk", "musl", "1.2.4-r2")],
        ),
        (
            "/usr/lib/python3/dist-packages/PyYAML-6.0.dist-info/METADATA",
            "Metadata-Version: 2.1\nName: PyYAML\nVersion: 6.0\n\nName: other\n",
            [("pypi", "PyYAML", "6.0")],
        ),
        ("/opt/a.egg-info", "Name: a\r\nVersion: 1\r\n", [("pypi", "a", "1")]),
        ("/opt/b.egg-info/PKG-INFO", "Name: b\nVersion: 1", [("pypi", "b", "1")]),
        ("/opt/b.egg-info/PKG-INFO", "no headers", []),
        (
            "/app/node_modules/@scope/a/package.json",
            '{"name": "@scope/a", "version": "1.2.3"}',
            [("npm", "@scope/a", "1.2.3")],
        ),
        ("/app/node_modules/a/test/package.json", '{"name": "b", "version": "1"}', []),
        ("/app/node_modules/a/package.json", '{"type": "module"}', []),
        ("/app/node_modules/a/package.json", "[1]", []),
        ("/app/package.json", '{"name": "app", "version": "1"}', []),
        ("/x.jar", jar(pom("org.a", "b", "1.0")), [("maven", "b", "1.0")]),
        ("/c-2.1.jar", jar({"a.class": ""}), [("maven", "c", "2.1")]),
        (
            "/d.jar",
            jar({"META-INF/MANIFEST.MF": "A: 1\r\nImplementation-Ver\r\n sion: 7\r\n"}),
            [("maven", "d", "7")],
        ),
        ("/e.jar", jar({"a.class": ""}), []),
        (
            "/app.war",
            jar({"WEB-INF/lib/b.jar": bytes.fromhex(jar(pom("org.a", "b", "1"))["hex"])}),
            [("maven", "b", "1")],
        ),
    ],
)
def test_what_lists_packages(tmp_path: Path, path: str, content: object, expected: Named) -> None:
    inventory = installed(tmp_path, files(**{path: content}))

    assert named(inventory) == expected
    assert inventory.unread == ()


@pytest.mark.parametrize(
    ("path", "content", "why"),
    [
        ("/var/lib/rpm/Packages", "x", "databases of rpm are not read"),
        ("/usr/lib/sysimage/rpm/rpmdb.sqlite", "x", "databases of rpm are not read"),
        ("/a.jar", "no archive", "not a ZIP archive, or a damaged one"),
        ("/a.jar", jar({"b.jar": "no archive"}), "not a ZIP archive, or a damaged one"),
        (
            "/bomb.jar",
            jar({"META-INF/maven/a/b/pom.properties": bytes(2 << 20)}),
            "too much in it",
        ),
        ("/app/node_modules/a/package.json", "{", "not JSON"),
        ("/var/lib/dpkg/status", {"size": 2000}, "more than 1,000 bytes"),
    ],
)
def test_what_cannot_be_read_is_said(tmp_path: Path, path: str, content: object, why: str) -> None:
    limit = 1000 if "1,000" in why else WITH_PACKAGES.listing

    inventory = installed(
        tmp_path, files(**{path: content}), budget=WITH_PACKAGES._replace(listing=limit)
    )

    assert [tuple(gap) for gap in inventory.unread] == [(path, why)]
    assert inventory.packages == ()


def test_a_package_comes_with_the_first_layer_that_lists_it(tmp_path: Path) -> None:
    more = DPKG + "\nPackage: curl\nStatus: install ok installed\nVersion: 8\n"

    inventory = installed(
        tmp_path,
        files(**{"/var/lib/dpkg/status": DPKG}),
        files(**{"/var/lib/dpkg/status": more, "/etc/os-release": 'ID=debian\nVERSION_ID="12"\n'}),
    )

    assert {i.package.name: i.layer for i in inventory.packages} == {
        "libc6": 0,
        "tzdata": 0,
        "curl": 1,
    }
    assert inventory.distribution == ("debian", "12")
    libc = next(i.package for i in inventory.packages if i.package.name == "libc6")
    assert (libc.source, libc.source_version, libc.architecture) == ("glibc", "2.36-8", "amd64")


def test_what_is_deleted_is_not_installed(tmp_path: Path) -> None:
    path = "/app/node_modules/a/package.json"

    inventory = installed(
        tmp_path,
        files(**{path: '{"name": "a", "version": "1"}'}),
        {"deleted": ["/app/node_modules"]},
    )

    assert inventory.packages == ()


def test_packages_are_not_read_unless_somebody_wants_them(tmp_path: Path) -> None:
    file = tmp_path / "image.tar"
    file.write_bytes(docker_archive({"layers": [files(**{"/var/lib/dpkg/status": DPKG})]}))

    reading = read("image.tar", Target(Transport.DOCKER_ARCHIVE, str(file)))

    assert reading.images[0].inventory is None
    assert reading.images[0].files["/var/lib/dpkg/status"].listing is None


def varint(number: int) -> bytes:
    out = b""
    while number >= 0x80:
        out += bytes([number & 0x7F | 0x80])
        number >>= 7
    return out + bytes([number])


def go_program(padding: int, modules: str, version: str = "go1.22.1", flags: int = 2) -> bytes:
    """The bytes that Go's linker puts into a program, behind some others."""
    listed = bytes(16) + modules.encode() + bytes(16)
    strings = b"".join(varint(len(s)) + s for s in (version.encode(), listed))
    header = b"\xff Go buildinf:" + bytes([8, flags])
    return b"\x7fELF" + bytes(padding - 4) + header + bytes(16) + strings


MODULES = """\
path\texample.com/app
mod\texample.com/app\t(devel)\t
dep\tgolang.org/x/text\tv0.3.6\th1:a
dep\texample.com/old\tv1.0.0\th1:b
=>\texample.com/new\tv1.1.0\th1:c
build\t-compiler=gc
"""


@pytest.mark.parametrize("padding", [16, 4096, 262_144 - 16, 262_144, 1_000_000])
def test_a_go_program(tmp_path: Path, padding: int) -> None:
    inventory = installed(tmp_path, files(**{"/app": {"hex": go_program(padding, MODULES).hex()}}))

    assert named(inventory) == [
        ("golang", "example.com/app", ""),
        ("golang", "example.com/new", "v1.1.0"),
        ("golang", "golang.org/x/text", "v0.3.6"),
        ("golang", "stdlib", "v1.22.1"),
    ]


@pytest.mark.parametrize(
    ("program", "packages", "gaps"),
    [
        (go_program(16, "", flags=0), 0, 1),
        (go_program(17, MODULES), 0, 0),
        (go_program(16, MODULES)[:60], 1, 0),
        (b"\x7fELF" + bytes(12) + b"\xff Go buildinf:\x08\x02" + b"\xff" * 40, 0, 0),
        ((b"\x7fELF" + bytes(12)) + (b"\xff Go buildinf:\x08\x02" * 20_000), 0, 0),
        (b"\x7fELF" + bytes(300_000), 0, 0),
        (b"\x7fE", 0, 0),
    ],
)
def test_odd_programs(tmp_path: Path, program: bytes, packages: int, gaps: int) -> None:
    inventory = installed(tmp_path, files(**{"/app": {"hex": program.hex()}}))

    assert len(inventory.packages) == packages
    assert len(inventory.unread) == gaps


@pytest.mark.skipif(shutil.which("go") is None, reason="there is no Go here")
def test_a_real_go_program(tmp_path: Path) -> None:
    root = subprocess.run(
        ["go", "env", "GOROOT"], capture_output=True, text=True, check=True
    ).stdout.strip()
    program = Path(root, "bin/gofmt")
    if not program.exists():
        pytest.skip("Go comes without gofmt here")
    told = subprocess.run(["go", "version", program], capture_output=True, text=True, check=True)

    inventory = installed(tmp_path, files(**{"/gofmt": {"hex": program.read_bytes().hex()}}))

    stdlib = next(i.package for i in inventory.packages if i.package.name == "stdlib")
    assert f"go{stdlib.version[1:]}" == told.stdout.split()[1]


@pytest.mark.skipif(shutil.which("dpkg-query") is None, reason="there is no dpkg-query here")
def test_agrees_with_dpkg_query(tmp_path: Path) -> None:
    status = Path("/var/lib/dpkg/status").read_text(encoding="utf-8")
    wanted = "${db:Status-Status}\t${Package}\t${Version}\t${source:Package}\t${source:Version}\n"
    told = subprocess.run(
        ["dpkg-query", "-W", "-f", wanted],
        capture_output=True,
        text=True,
        check=True,
        env=os.environ | {"LC_ALL": "C"},
    ).stdout

    inventory = installed(tmp_path, files(**{"/var/lib/dpkg/status": status}))

    rows = (line.split("\t") for line in told.splitlines())
    expected = {tuple(fields) for state, *fields in rows if state == "installed"}
    found = {
        (i.package.name, i.package.version, i.package.source, i.package.source_version)
        for i in inventory.packages
        if i.package.ecosystem is Ecosystem.DEB
    }
    assert found == expected
