"""Whatever an archive holds, it ends in one clear error, soon and without much memory."""

from __future__ import annotations

import gzip
import io
import json
import os
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kubeguard.model.finding import Outcome
from kubeguard.model.trouble import TroubleKind
from kubeguard.sources.images.budget import IMAGE_BUDGET
from kubeguard.sources.images.reading import read
from kubeguard.sources.images.transports import Target, Transport
from tests.building import (
    Built,
    archive,
    build,
    digest,
    docker_files,
    layer,
    manifest,
    oci_files,
    put,
)
from tests.sources.images.conftest import Scan, zstd

SMALL = build({"layers": [{"files": {"/a": "1"}}]})
Files = dict[str, bytes]


def with_layer(data: bytes) -> Files:
    """An archive whose only layer, honestly named, are these bytes."""
    config = json.loads(SMALL.config) | {"rootfs": {"diff_ids": [digest(data)]}}
    return docker_files(Built(json.dumps(config).encode(), (data,), ("x:1",)))


def member(**fields: object) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as tar:
        info = tarfile.TarInfo("x")
        for name, value in fields.items():
            setattr(info, name, value)
        tar.addfile(info)
    return stream.getvalue()


def without(name: str) -> Files:
    files = docker_files(SMALL)
    return {key: data for key, data in files.items() if not key.endswith(name)}


def cut(name: str) -> Files:
    """The file of this name ends in its first header."""
    files = docker_files(SMALL)
    return {key: data[:300] if key.endswith(name) else data for key, data in files.items()}


def swapped() -> Files:
    files = docker_files(SMALL)
    name = next(key for key in files if key.endswith("layer.tar"))
    return files | {name: layer({"files": {"/a": "another"}})}


def other_blob() -> Files:
    files = oci_files(SMALL)
    name = next(key for key, data in files.items() if data.startswith(b"\x1f\x8b"))
    return files | {name: gzip.compress(layer({"files": {"/a": "another"}}))}


def index_of_itself() -> Files:
    """As near to a cycle as digests allow: each index names the one before it, a hundred deep."""
    blobs: Files = {"oci-layout": b"{}"}
    inner = manifest(blobs, SMALL)
    for _ in range(100):
        index = json.dumps({"manifests": [inner]}).encode()
        inner = put(blobs, index, "application/vnd.oci.image.index.v1+json")
    return blobs | {"index.json": json.dumps({"manifests": [inner]}).encode()}


def config_of(value: object) -> Files:
    return docker_files(Built(json.dumps(value).encode(), (), ("x:1",)))


CASES: dict[str, tuple[bytes | Files, str]] = {
    "a path that climbs": (archive(with_layer(member(name="../../etc/passwd"))), "leads out of"),
    "a link that climbs": (
        archive(with_layer(member(type=tarfile.LNKTYPE, linkname="../x"))),
        "leads out of",
    ),
    "no tar": (archive(with_layer(b"x" * 2000)), "no tar header at byte 0"),
    "a cut tar": (archive(with_layer(layer({"files": {"/a": "1" * 999}})[:900])), "ends inside"),
    "a cut archive": (archive(docker_files(SMALL))[:700], "ends inside"),
    "members behind the end": (
        archive(with_layer(member()[:512] + bytes(512) + member(name="hidden"))),
        "behind its end",
    ),
    "a huge header": (
        archive(with_layer(member(type=b"x", size=0)[:124] + b"77777777777\0" + member()[136:])),
        "no tar header",
    ),
    "cut gzip": (
        archive(with_layer(b"")) and gzip.compress(archive(docker_files(SMALL)))[:200],
        "ends in the middle",
    ),
    "damaged gzip": (
        gzip.compress(archive(docker_files(SMALL)))[:60] + b"\xff" * 99,
        "damaged gzip",
    ),
    "cut zstd": (zstd(archive(docker_files(SMALL)))[:150], ""),
    "bzip2": (b"BZh91AY", "compressed with bzip2"),
    "no layer": (archive(without("layer.tar")), "is missing"),
    "no configuration": (archive(without(".json")), "neither manifest.json nor index.json"),
    "a swapped layer": (archive(swapped()), "does not have its digest"),
    "a swapped blob": (other_blob(), "does not have its digest"),
    "bad JSON": (archive({"manifest.json": b"[{"}), "manifest.json: not JSON"),
    "deep JSON": (archive({"manifest.json": b"[" * 100_000}), "manifest.json: not JSON"),
    "JSON of another shape": (archive({"manifest.json": b'{"a": 1}'}), "no image in it"),
    "no fields": (archive({"manifest.json": b"[{}]"}), "without Config and Layers"),
    "a list for a configuration": (archive(config_of([])), "is no mapping"),
    "no diff ids": (archive(config_of({})), "does not name its layers"),
    "too few layers": (
        archive(config_of({"rootfs": {"diff_ids": ["sha256:" + "0" * 64]}})),
        "0 layers, and 1 in the configuration",
    ),
    "a foreign digest": (
        {"oci-layout": b"{}", "index.json": b'{"manifests": [{"digest": "sha256:../../../etc"}]}'},
        "is no SHA-256 digest",
    ),
    "a digest that is a number": (
        {"oci-layout": b"{}", "index.json": b'{"manifests": [{"digest": 5}]}'},
        "is no SHA-256 digest",
    ),
    "indexes without end": (index_of_itself(), "nested more than"),
    "an empty layout": ({"oci-layout": b"{}", "index.json": b"{}"}, "no image in it"),
    "links in a circle": (
        archive({}, links={"manifest.json": "a", "a": "manifest.json"}),
        "a link that leads nowhere",
    ),
}


@pytest.mark.parametrize("case", CASES)
def test_one_clear_error(scan: Scan, case: str) -> None:
    given, reason = CASES[case]

    reading = scan(given)

    assert reading.outcome is Outcome.FAILED
    assert reason in reading.reason
    assert len(reading.reason) < 250
    assert [trouble.message for trouble in reading.troubles] == [reading.reason]


BUDGETS: dict[str, tuple[Callable[[], bytes | Files], dict[str, int], str]] = {
    "a bomb by ratio": (
        lambda: oci_files(build({"layers": [{"files": {"/zeros": {"size": 9_000_000}}}]})),
        {"ratio_from": 1_000_000},
        "more than 200 times its size",
    ),
    "a bomb by ratio, zstd": (
        lambda: oci_files(
            build({"layers": [{"files": {"/zeros": {"size": 9_000_000}}}]}), pack=zstd
        ),
        {"ratio_from": 1_000_000},
        "more than 200 times its size",
    ),
    "an archive that is a bomb": (
        lambda: gzip.compress(archive({"x": bytes(9_000_000)})),
        {"ratio_from": 1_000_000},
        "more than 200 times its size",
    ),
    "a bomb by size": (
        lambda: oci_files(
            build({"layers": [{"files": {"/x": {"size": n}}} for n in (50_000, 60_000)]})
        ),
        {"unpacked": 100_000},
        "more than 100,000 bytes when unpacked",
    ),
    "many files": (
        lambda: archive(docker_files(build({"layers": [{"files": dict.fromkeys("abcdef", "")}]}))),
        {"entries": 5},
        "more than 5 files",
    ),
    "many members": (
        lambda: archive(dict.fromkeys("abcdef", b"")),
        {"entries": 5},
        "more than 5 members",
    ),
    "many layers": (
        lambda: archive(docker_files(build({"layers": [{}] * 6}))),
        {"layers": 5},
        "more than 5 layers",
    ),
    "many images": (
        lambda: archive(docker_files(*[SMALL] * 6)),
        {"images": 5},
        "more than 5 images",
    ),
    "a long document": (
        lambda: archive({"manifest.json": b" " * 2000}),
        {"document": 1000},
        "manifest.json: more than 1,000 bytes",
    ),
    "a long header": (
        lambda: archive(docker_files(build({"layers": [{"files": {"/a" * 3000: ""}}]}))),
        {"header": 5000},
        "a tar header of",
    ),
    "many secrets": (
        lambda: archive(docker_files(build({"layers": [{"files": {"/.env": "a" * 99}}]}))),
        {"contents": 50},
        "more than 50 bytes of files that may hold secrets",
    ),
}


@pytest.mark.parametrize("case", BUDGETS)
def test_every_limit_holds(scan: Scan, case: str) -> None:
    given, limits, reason = BUDGETS[case]

    reading = scan(given(), budget=IMAGE_BUDGET._replace(**limits))

    assert reading.outcome is Outcome.FAILED
    assert reason in reading.reason
    assert [trouble.kind for trouble in reading.troubles] == [TroubleKind.OVER_BUDGET]


def test_a_pipe_in_a_layout_is_not_waited_for(scan: Scan, tmp_path: Path) -> None:
    scan(oci_files(SMALL))
    (blob,) = [
        p for p in (tmp_path / "layout/blobs/sha256").iterdir() if p.read_bytes()[:1] == b"\x1f"
    ]
    blob.unlink()
    os.mkfifo(blob)

    reading = scan({})

    assert reading.outcome is Outcome.FAILED
    assert "not a regular file" in reading.reason


ANYTHING = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.text(max_size=5)
    | st.just(digest(SMALL.layers[0])),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                [
                    *("config", "Config", "Layers", "RepoTags", "rootfs", "diff_ids", "history"),
                    *("manifests", "digest", "platform", "os", "annotations", "layers"),
                    *("created_by", "mediaType"),
                ]
            ),
            inner,
            max_size=4,
        )
    ),
    max_leaves=20,
)


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ANYTHING, st.sampled_from(["manifest.json", "index.json"]))
def test_any_manifest(tmp_path: Path, value: object, name: str) -> None:
    path = tmp_path / "archive"
    path.write_bytes(archive(docker_files(SMALL) | {name: json.dumps(value).encode()}))

    for transport in (Transport.DOCKER_ARCHIVE, Transport.OCI_ARCHIVE):
        assert read("x", Target(transport, str(path))).name == "x"


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(ANYTHING)
def test_any_configuration(tmp_path: Path, value: object) -> None:
    given = value if isinstance(value, dict) else {"config": value}
    given = json.loads(SMALL.config) | given
    path = tmp_path / "archive"
    image = Built(json.dumps(given).encode(), SMALL.layers, ())
    path.write_bytes(archive(docker_files(image)))

    assert read("x", Target(Transport.DOCKER_ARCHIVE, str(path))).name == "x"
