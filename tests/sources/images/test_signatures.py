"""Signatures beside an image: keys and statements are made here, good ones and hostile ones."""

from __future__ import annotations

import base64
import hashlib
import json
import sys
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any, ClassVar

import pytest

from kubeguard.__main__ import main
from kubeguard.errors import UsageError
from tests.building import archive, build, docker_files, oci_files, put, write_folder

pytest.importorskip("cryptography", reason="the extra `signatures` is not installed")

from cryptography.hazmat.primitives.asymmetric import dsa, ec, ed25519, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

from kubeguard.model.signature import SignatureState
from kubeguard.sources.images.reading import read
from kubeguard.sources.images.signatures import load_key
from kubeguard.sources.images.transports import Target, Transport

PRIVATE: dict[str, Any] = {
    "ECDSA P-256": ec.generate_private_key(ec.SECP256R1()),
    "Ed25519": ed25519.Ed25519PrivateKey.generate(),
    "RSA": rsa.generate_private_key(65537, 2048),
}
OURS = PRIVATE["ECDSA P-256"]
ANOTHER = ec.generate_private_key(ec.SECP256R1())
IMAGE = build({"config": {"User": "10001"}, "layers": [{"files": {"/a": "b"}}]})
LAYER = "application/vnd.dev.cosign.simplesigning.v1+json"
NAME = "org.opencontainers.image.ref.name"
Files = dict[str, bytes]


def pem(private: Any) -> bytes:
    public = private.public_key()
    return bytes(public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))


def sign(private: Any, payload: bytes) -> str:
    if isinstance(private, ec.EllipticCurvePrivateKey):
        made = private.sign(payload, ec.ECDSA(SHA256()))
    elif isinstance(private, rsa.RSAPrivateKey):
        made = private.sign(payload, padding.PKCS1v15(), SHA256())
    else:
        made = private.sign(payload)
    return base64.b64encode(made).decode()


def statement(digest: str, kind: str = "cosign container image signature") -> bytes:
    critical = {
        "identity": {"docker-reference": "registry.example.com/shop/web"},
        "image": {"docker-manifest-digest": digest},
        "type": kind,
    }
    return json.dumps({"critical": critical, "optional": None}).encode()


def top(files: Files) -> str:
    """What the one tag of a layout leads to."""
    return str(json.loads(files["index.json"])["manifests"][0]["digest"])


def artifact(files: Files, *signed: tuple[bytes, object]) -> dict[str, Any]:
    """The manifest of these statements with their signatures, put into a layout; its descriptor."""
    layers = [
        put(files, payload, LAYER)
        | ({"annotations": {"dev.cosignproject.cosign/signature": made}} if made else {})
        for payload, made in signed
    ]
    config = put(files, b"{}", "application/vnd.oci.image.config.v1+json")
    manifest = {"schemaVersion": 2, "config": config, "layers": layers}
    kind = "application/vnd.oci.image.manifest.v1+json"
    return put(files, json.dumps(manifest).encode(), kind)


def layout(*signed: tuple[bytes, object], notes: dict[str, str] | None = None) -> Files:
    """A layout with the image and the signatures beside it."""
    files = dict(FILES)
    index = json.loads(files["index.json"])
    name = notes or {NAME: f"{top(files).replace(':', '-')}.sig"}
    index["manifests"].append(artifact(files, *signed) | {"annotations": name})
    return files | {"index.json": json.dumps(index).encode()}


FILES = oci_files(IMAGE)
DIGEST = top(FILES)
GOOD = statement(DIGEST)
OTHER = statement("sha256:" + "0" * 64)


@pytest.fixture
def state(tmp_path: Path) -> Callable[..., tuple[SignatureState, str]]:
    """What the signatures of a layout come to, with a key."""

    def judge(files: Files, private: Any = OURS) -> tuple[SignatureState, str]:
        (tmp_path / "key.pub").write_bytes(pem(private))
        write_folder(tmp_path / "layout", files)
        target = Target(Transport.OCI, str(tmp_path / "layout"))
        reading = read("layout", target, key=load_key(str(tmp_path / "key.pub")))
        assert reading.reason == ""
        assert len(reading.images) == 1
        assert reading.images[0].signature
        return reading.images[0].signature

    return judge


@pytest.mark.parametrize("kind", PRIVATE)
def test_a_good_signature(state: Any, kind: str) -> None:
    private = PRIVATE[kind]

    assert state(layout((GOOD, sign(private, GOOD))), private) == (SignatureState.GOOD, "")


@pytest.mark.parametrize("kind", PRIVATE)
def test_another_key_of_any_kind(state: Any, kind: str) -> None:
    found = state(layout((GOOD, sign(ANOTHER, GOOD))), PRIVATE[kind])

    assert found == (SignatureState.WRONG, "the signature was made with another key")


def test_as_cosign_save_writes_it(state: Any) -> None:
    notes = {"kind": "dev.cosignproject.cosign/sigs"}

    assert state(layout((GOOD, sign(OURS, GOOD)), notes=notes))[0] is SignatureState.GOOD


def test_a_signature_of_the_index(tmp_path: Path) -> None:
    other = build({"architecture": "s390x"})
    files = oci_files(nested=[IMAGE, other])
    index = json.loads(files["index.json"])
    payload = statement(top(files))
    name = {NAME: f"{top(files).replace(':', '-')}.sig"}
    index["manifests"].append(
        artifact(files, (payload, sign(OURS, payload))) | {"annotations": name}
    )
    write_folder(tmp_path / "a", files | {"index.json": json.dumps(index).encode()})
    (tmp_path / "key").write_bytes(pem(OURS))

    reading = read(
        "a", Target(Transport.OCI, str(tmp_path / "a")), key=load_key(str(tmp_path / "key"))
    )

    assert [image.signature.state for image in reading.images if image.signature] == [
        SignatureState.GOOD
    ]


def test_no_signature(state: Any) -> None:
    missing = (SignatureState.MISSING, "no signature lies beside it")

    assert state(FILES) == missing
    assert state(layout((GOOD, sign(OURS, GOOD)), notes={NAME: "sha256-0.sig"})) == missing
    assert state(layout()) == missing


HOSTILE = [
    ("altered", (GOOD + b" ", sign(OURS, GOOD)), "the signature was made with another key"),
    ("unsigned", (GOOD, None), "a statement without a signature"),
    ("a number", (GOOD, 17), "a statement without a signature"),
    ("not base64", (GOOD, "!!!"), "a signature that is not base64"),
    ("no ASCII", (GOOD, "sígned"), "a signature that is not base64"),
    ("empty", (GOOD, "AA=="), "the signature was made with another key"),
    ("not by us", (b"{}", sign(ANOTHER, b"{}")), "the signature was made with another key"),
] + [
    (
        f"payload {payload[:20]!r}",
        (payload, sign(OURS, payload)),
        "what was signed is no statement of cosign's",
    )
    for payload in (
        b"",
        b"[]",
        b"null",
        b"not JSON",
        b'{"critical": []}',
        b'{"critical": {"type": "cosign container image signature", "image": "x"}}',
        statement(DIGEST, kind="atomic container signature"),
        GOOD.replace(f'"{DIGEST}"'.encode(), b"[1]"),
        b"[" * 10_000,
    )
]


@pytest.mark.parametrize(
    ("signed", "reason"), [h[1:] for h in HOSTILE], ids=[h[0] for h in HOSTILE]
)
def test_hostile_statements(state: Any, signed: tuple[bytes, object], reason: str) -> None:
    assert state(layout(signed)) == (SignatureState.WRONG, reason)


def test_for_another_image(state: Any) -> None:
    found = state(layout((OTHER, sign(OURS, OTHER))))

    assert found == (SignatureState.OTHER_IMAGE, "the signature is one for sha256:000000000000")


def test_the_best_signature_counts(state: Any) -> None:
    wrong, other, good = (
        (GOOD, sign(ANOTHER, GOOD)),
        (OTHER, sign(OURS, OTHER)),
        (GOOD, sign(OURS, GOOD)),
    )

    assert state(layout(wrong, other))[0] is SignatureState.OTHER_IMAGE
    assert state(layout(wrong, other, good))[0] is SignatureState.GOOD


def test_a_statement_that_is_missing_or_swapped(state: Any) -> None:
    files = layout((GOOD, sign(OURS, GOOD)))
    blob = f"blobs/sha256/{hashlib.sha256(GOOD).hexdigest()}"

    assert state(files | {blob: OTHER}) == (
        SignatureState.WRONG,
        f"{blob}: the content does not have its digest",
    )


@pytest.mark.parametrize(
    ("data", "why"),
    [
        (b"", "no public key in PEM"),
        (b"\xff\xfe", "no public key in PEM"),
        (
            OURS.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
            "a private key, where the public one is due",
        ),
        (pem(dsa.generate_private_key(2048)), "a key of a kind that cosign does not sign with"),
        (pem(rsa.generate_private_key(65537, 1024)), "an RSA key of 1024 bits can be forged"),
        (None, "no such file or directory"),
    ],
)
def test_a_key_that_is_none(tmp_path: Path, data: bytes | None, why: str) -> None:
    file = tmp_path / "key"
    if data is not None:
        file.write_bytes(data)

    with pytest.raises(UsageError, match=why):
        load_key(str(file))


class Stub(BaseHTTPRequestHandler):
    """A registry of one repository."""

    files: ClassVar[Files] = {}
    tags: ClassVar[dict[str, str]] = {}

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        wanted = self.path.rpartition("/")[2]
        digest = self.tags.get(wanted, wanted)
        data = self.files.get("blobs/" + digest.replace(":", "/"), b"")
        self.send_response(200 if data else 503 if self.tags.get("down") else 404)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)
        self.close_connection = True


@pytest.fixture
def registry() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Stub) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"docker://127.0.0.1:{server.server_address[1]}/shop/web:1.2"
        server.shutdown()
        thread.join()


def scan(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], *arguments: str
) -> tuple[int, str]:
    monkeypatch.setattr(sys, "argv", ["kubeguard", "scan", "--quiet", *arguments])
    with pytest.raises(SystemExit) as stop:
        main()
    told = capsys.readouterr()
    return int(stop.value.code or 0), told.out + told.err


@pytest.mark.parametrize(
    ("signed", "check"),
    [
        ((GOOD, sign(OURS, GOOD)), ""),
        (None, "KG2801"),
        ((GOOD, sign(ANOTHER, GOOD)), "KG2802"),
        ((OTHER, sign(OURS, OTHER)), "KG2803"),
    ],
)
def test_in_a_registry(
    registry: str,
    signed: tuple[bytes, object] | None,
    check: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    files = dict(FILES)
    tags = {"1.2": DIGEST}
    if signed:
        tags[f"{DIGEST.replace(':', '-')}.sig"] = str(artifact(files, signed)["digest"])
    monkeypatch.setattr(Stub, "files", files)
    monkeypatch.setattr(Stub, "tags", tags)
    (tmp_path / "key").write_bytes(pem(OURS))

    code, out = scan(monkeypatch, capsys, registry, "--verify-key", str(tmp_path / "key"))

    assert [one for one in ("KG2801", "KG2802", "KG2803") if one in out] == [check] * bool(check)
    assert code == bool(check)


def test_a_registry_that_fails_is_no_missing_signature(
    registry: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(Stub, "files", FILES)
    monkeypatch.setattr(Stub, "tags", {"1.2": DIGEST, "down": "yes"})
    (tmp_path / "key").write_bytes(pem(OURS))

    code, out = scan(monkeypatch, capsys, registry, "--verify-key", str(tmp_path / "key"))

    assert code == 3
    assert "answered 503" in out


def test_an_archive_of_docker_save_has_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "image.tar").write_bytes(archive(docker_files(IMAGE)))
    (tmp_path / "key").write_bytes(pem(OURS))
    where = str(tmp_path / "image.tar")

    code, out = scan(monkeypatch, capsys, where, "--verify-key", str(tmp_path / "key"))

    assert code == 1
    assert "KG2801 the image is not signed: no signature lies beside it" in out
