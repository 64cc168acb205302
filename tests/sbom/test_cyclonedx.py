"""`--format cyclonedx`: valid, deterministic, complete, and honest about what it leaves out."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import pytest

from kubeguard import api, formats
from kubeguard.__main__ import main
from tests.building import build, docker_archive, oci_files, write_folder

pytest.importorskip("cyclonedx", reason="the extra `sbom` is not installed")

IMAGE: dict[str, Any] = {
    "layers": [
        {
            "files": {
                "/etc/os-release": 'ID=debian\nVERSION_ID="12"\n',
                "/var/lib/dpkg/status": "Package: libc6\nStatus: install ok installed\n"
                "Architecture: amd64\nSource: glibc (2.36-8)\nVersion: 1:2.36-9\n",
            }
        },
        {
            "files": {
                "/a.dist-info/METADATA": "Name: Foo_Bar\nVersion: 1.0\n",
                "/node_modules/@s/n/package.json": '{"name": "@s/n", "version": "2.0.0"}',
                "/lib/apk/db/installed": "P:mu\x01sl\nV:1\ud800-r0\n".encode(
                    "utf-8", "replace"
                ).decode(),
            }
        },
    ]
}


@pytest.fixture(autouse=True)
def _in_a_folder_of_its_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    monkeypatch.chdir(tmp_path)


def bill(*paths: str) -> str:
    return formats.render("cyclonedx", api.audit(*paths, packages=True))


def test_one_image() -> None:
    Path("image.tar").write_bytes(docker_archive(IMAGE))

    told = json.loads(bill("image.tar"))

    assert told["metadata"]["component"]["name"] == "shop/web:1.2"
    assert told["metadata"]["timestamp"].startswith("2026-11-20T08:00:00")
    assert {part["purl"] for part in told["components"] if "purl" in part} == {
        "pkg:deb/debian/libc6@1:2.36-9?arch=amd64&distro=debian-12",
        "pkg:npm/%40s/n@2.0.0",
        "pkg:pypi/foo-bar@1.0",
        "pkg:apk/debian/mu%ef%bf%bdsl@1%3F-r0?distro=12",
    }
    system = next(part for part in told["components"] if part["type"] == "operating-system")
    assert (system["name"], system["version"]) == ("debian", "12")
    owned = {d["ref"]: d.get("dependsOn", []) for d in told["dependencies"]}
    assert len(owned[system["bom-ref"]]) == 2


def test_it_is_valid_and_always_the_same() -> None:
    from cyclonedx.schema import SchemaVersion
    from cyclonedx.validation.json import JsonStrictValidator

    Path("a.tar").write_bytes(docker_archive(IMAGE))
    write_folder(Path("b"), oci_files(build(IMAGE | {"created": "odd"})))

    for paths in (["a.tar"], ["b"], ["a.tar", "b"]):
        text = bill(*paths)
        assert text == bill(*paths)
        assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None


def test_several_images_have_packages_of_their_own() -> None:
    Path("a.tar").write_bytes(docker_archive(IMAGE))
    other = {"names": ["other:1"], "config": {"User": "1"}}
    Path("b.tar").write_bytes(docker_archive(IMAGE | other))

    told = json.loads(bill("a.tar", "b.tar"))

    assert sorted(image["name"] for image in told["components"]) == ["other:1", "shop/web:1.2"]
    assert [len(image["components"]) for image in told["components"]] == [5, 5]


def test_with_several_processes() -> None:
    Path("a.tar").write_bytes(docker_archive(IMAGE))
    Path("b.tar").write_bytes(docker_archive(IMAGE | {"config": {"User": "1"}}))

    one, two = (api.audit("a.tar", "b.tar", packages=True, jobs=jobs) for jobs in (1, 2))

    assert one.inventories == two.inventories
    assert len(one.inventories) == 2


def test_gaps_are_told() -> None:
    Path("image.tar").write_bytes(
        docker_archive({"layers": [{"files": {"/var/lib/rpm/Packages": "x"}}]})
    )

    report = api.audit("image.tar", packages=True)

    assert [f.check.id for f in report.findings if f.check.family == "scan"] == ["KG9032"]
    assert "/var/lib/rpm/Packages: databases of rpm are not read" in formats.render(
        "cyclonedx", report
    )


def test_without_an_image_it_says_so() -> None:
    Path("Dockerfile").write_text("FROM scratch\nUSER 1\n")

    told = json.loads(bill("Dockerfile"))

    assert told["metadata"]["properties"] == [
        {"name": "kubeguard:unread", "value": "no image was judged"}
    ]
    assert "components" not in told


def test_as_its_user_asks_for_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    Path("image.tar").write_bytes(docker_archive(IMAGE))
    monkeypatch.setattr(sys, "argv", ["kubeguard", "scan", "image.tar", "-f", "cyclonedx"])

    with pytest.raises(SystemExit):
        main()

    assert json.loads(capsys.readouterr().out)["bomFormat"] == "CycloneDX"
