"""The image of the reference service: the same whoever builds it, with nothing to break out by."""

from __future__ import annotations

import hashlib
import json
import os
import re
import shutil
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from images import SERVICE, TRAINING, Build, Built
from stacks import APPLICATION, OVERLAYS

from kubeguard.cli import kubeguard
from tests import container_engine

pytestmark = [pytest.mark.container_engine, pytest.mark.xdist_group("container_engine")]
if why := container_engine.missing("mmdebstrap"):
    pytest.skip(why, allow_module_level=True)

SHELLS = re.compile(r"(a|ba|c|da|fi|k|mk|rba|tc|z)?sh|busybox|toybox|perl[\d.]*|[gm]?awk")
PINNED = re.compile(r"^([\w.-]+)==(\S+)( ;.*)? \\$", re.MULTILINE)


@pytest.fixture(scope="module")
def files(
    service_image: Built, build: Build, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tarfile.TarFile]:
    """The file system as a container of the image has it."""
    exported = tmp_path_factory.mktemp("files") / "files.tar"
    container = build.engine.docker("create", service_image.name)
    build.engine.docker("export", "--output", str(exported), container)
    build.engine.docker("rm", container)
    with tarfile.open(exported) as found:
        yield found


def test_two_builds_are_the_same(build: Build, service_image: Built, tmp_path: Path) -> None:
    """From another checkout, at another time, with other modes and with left-overs in it."""
    other = tmp_path / "elsewhere"
    other.mkdir()
    for source in (*APPLICATION.glob("constraints*.txt"), *APPLICATION.glob("Dockerfile*")):
        shutil.copyfile(source, other / source.name)
    shutil.copytree(APPLICATION / "src", other / "src", copy_function=shutil.copyfile)
    for path in other.rglob("*"):
        path.chmod(stat.S_IMODE(path.stat().st_mode) | 0o060)
    (other / "src" / "reference_app" / "__pycache__").mkdir(exist_ok=True)
    (other / "src" / "reference_app" / "__pycache__" / "old.pyc").write_bytes(os.urandom(9))
    again = build(f"{SERVICE}:again", "service", "--no-cache", context=other)
    build.engine.docker("image", "rm", f"{SERVICE}:again")
    assert again == service_image.digest


def test_no_shell_inside(build: Build, service_image: Built, files: tarfile.TarFile) -> None:
    """Neither by its name nor, under another one, by its content."""
    command = ["run", "--rm", build.python, "sha256sum", "/bin/bash", "/bin/dash", "/usr/bin/perl"]
    shells = {line.split()[0] for line in build.engine.docker(*command).splitlines()}
    content = {each.name: sha256(files, each) for each in files if each.isfile()}
    assert len(content) > 1000
    names = [each.name for each in files if not each.isdir()]
    assert [name for name in names if SHELLS.fullmatch(Path(name).name)] == []
    assert [name for name, found in content.items() if found in shells] == []
    for shell in ("sh", "/bin/sh", "bash", "busybox"):
        tried = build.engine.tried("run", "--rm", "--entrypoint", shell, service_image.name)
        assert (
            tried.returncode,
            "executable file not found" in tried.stderr or "no such file" in tried.stderr,
        ) == (127, True)


def sha256(files: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    content = files.extractfile(member)
    assert content
    return hashlib.file_digest(content, "sha256").hexdigest()


def test_what_the_image_says(build: Build, service_image: Built) -> None:
    [said] = json.loads(build.engine.docker("image", "inspect", service_image.name))
    config = said["Config"]
    assert said["Id"] == service_image.digest
    assert config["User"] == "65532:65532"
    assert config["Labels"] == {
        "org.opencontainers.image.title": "reference-app",
        "org.opencontainers.image.description": (
            "Answers questions, and says where its answers come from"
        ),
        "org.opencontainers.image.version": "0.1.0",
        "org.opencontainers.image.licenses": "Apache-2.0",
    }
    assert [*config["ExposedPorts"]] == ["8443/tcp", "9443/tcp"]
    assert config["Healthcheck"]["Test"][0] == "CMD"


def test_neither_keys_nor_left_overs_are_in_a_layer(files: tarfile.TarFile, build: Build) -> None:
    signing = (build.keys / "signing.pem").read_bytes()
    for each in files:
        assert not each.mode & (stat.S_ISUID | stat.S_ISGID), each.name
        content = files.extractfile(each) if each.isfile() else None
        assert not content or signing not in content.read(), each.name
    added = [name for name in files.getnames() if name.startswith("opt/")]
    assert {Path(name).parts[2] for name in added if name.count("/") > 1} == {"lib", "models"}
    assert not [name for name in added if {"test", "tests"} & {*Path(name).parts}]


def test_the_bill_of_materials_names_what_is_pinned(service_image: Built, tmp_path: Path) -> None:
    bill = tmp_path / "bill.json"
    scanned("-f", f"cyclonedx={bill}", f"oci-archive:{service_image.archive}")
    components = json.loads(bill.read_text())["components"]
    found = {(each["name"].lower().replace("_", "-"), each.get("version")) for each in components}
    pinned = PINNED.findall((APPLICATION / "constraints.txt").read_text())
    always = {(name, version) for name, version, condition in pinned if not condition}
    assert len(always) > 40
    assert always <= found


@pytest.mark.parametrize("overlay", OVERLAYS)
def test_nothing_is_found_in_manifests_and_images_together(
    service_image: Built, training_image: Built, overlay: str, tmp_path: Path
) -> None:
    rendered = tmp_path / "rendered.yaml"
    rendered.write_text(
        run(
            *("deploy", "render", "--set", f"overlay={overlay}"),
            *("--set", f"image={SERVICE}@{manifest_digest(service_image)}"),
            *("--set", f"training_image={TRAINING}@{manifest_digest(training_image)}"),
        )
    )
    images = [f"oci-archive:{image.archive}" for image in (service_image, training_image)]
    told = scanned("--verbose", str(rendered), str(APPLICATION / "Dockerfile"), *images)
    assert "No findings\n" in told
    assert "not given" not in told


def test_joined_facts_are_what_decides(service_image: Built, tmp_path: Path) -> None:
    """The same manifests with a program that the image does not have are not clean."""
    rendered = tmp_path / "rendered.yaml"
    text = run("deploy", "render", "--set", f"image={SERVICE}@{manifest_digest(service_image)}")
    rendered.write_text(text.replace("- python3\n", "- /bin/sh\n"))
    command = ["scan", str(rendered), f"oci-archive:{service_image.archive}"]
    result = CliRunner().invoke(kubeguard, command)
    assert result.exit_code == 1
    assert "'/bin/sh', no program in its image" in " ".join(result.output.split())


def manifest_digest(image: Built) -> str:
    """By which manifests name it, and a registry would, of the layers as they are packed here."""
    with tarfile.open(image.archive) as archive:
        index = archive.extractfile("index.json")
        assert index
        [manifest] = json.load(index)["manifests"]
    return str(manifest["digest"])


def scanned(*arguments: str) -> str:
    dockerfile = ("--dockerfile", str(APPLICATION / "Dockerfile"))
    return run("scan", "--profile", "pedantic", *dockerfile, *arguments)


def run(*arguments: str) -> str:
    result = CliRunner().invoke(kubeguard, arguments)
    assert result.exit_code == 0, result.output
    return result.output
