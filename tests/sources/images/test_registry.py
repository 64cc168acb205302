"""Images pulled from a registry that a test runs: logins, redirects, and what goes wrong."""

from __future__ import annotations

import base64
import json
import stat
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import ClassVar

import pytest

from kubeguard.model.finding import Outcome
from kubeguard.model.reading import Reading
from kubeguard.sources.images import registry
from kubeguard.sources.images.platforms import parse
from kubeguard.sources.images.reading import read
from kubeguard.sources.images.transports import Target, Transport, target
from tests.building import build, oci_files

WEB = build({"config": {"User": "10001"}, "layers": [{"files": {"/a": "x" * 5000}}]})
OTHER = build({"architecture": "s390x", "config": {"User": "s390x"}})
FILES = oci_files(nested=[OTHER, WEB])
TOP = json.loads(FILES["index.json"])["manifests"][0]["digest"]
BASIC = "Basic " + base64.b64encode(b"build:Tr0ubadour").decode()
TYPES = {
    b'{"schemaVersion": 2, "manifests"': "application/vnd.oci.image.index.v1+json",
    b'{"schemaVersion": 2, "config": {': "application/vnd.oci.image.manifest.v1+json",
}


class Stub(BaseHTTPRequestHandler):
    """Serves one image as /v2/shop/web, in one of several moods."""

    mood: ClassVar[str] = ""
    seen: ClassVar[list[tuple[str, str]]] = []

    def log_message(self, *_: object) -> None:
        """Quiet."""

    def do_GET(self) -> None:
        authorization = self.headers.get("Authorization", "")
        self.seen.append((self.path, authorization))
        here = f"http://{self.headers['Host']}"
        path = self.path.partition("?")[0]
        if path == "/token":
            good = authorization in ("", BASIC)
            self.answer(200 if good else 401, json.dumps({"token": "t0ken"}).encode())
        elif self.mood == "token" and authorization != "Bearer t0ken":
            challenge = (
                f'Bearer realm="{here}/token",service="stub",scope="repository:shop/web:pull"'
            )
            self.answer(401, b"{}", **{"WWW-Authenticate": challenge})
        elif self.mood == "basic" and authorization != BASIC:
            self.answer(401, b"{}", **{"WWW-Authenticate": 'Basic realm="stub"'})
        elif self.mood == "http realm":
            challenge = 'Bearer realm="http://tokens.example.com/token"'
            self.answer(401, b"{}", **{"WWW-Authenticate": challenge})
        elif self.mood == "round":
            self.answer(307, b"", Location=self.path)
        elif self.mood == "away":
            self.answer(307, b"", Location="http://storage.example.com/x")
        elif path.startswith("/storage/"):
            self.blob(path.rpartition("/")[2])
        elif path.startswith("/v2/shop/web/blobs/") and self.mood == "redirect":
            self.answer(
                307,
                b"",
                Location=f"{here.replace('127.0.0.1', 'localhost')}/storage/"
                + path.rpartition("/")[2],
            )
        elif path.startswith("/v2/shop/web/"):
            wanted = path.rpartition("/")[2]
            self.blob(TOP if wanted in ("1.2", "latest") else wanted, manifest="manifests" in path)
        else:
            self.answer(404, b"{}")

    def blob(self, digest: str, manifest: bool = False) -> None:
        data = FILES.get("blobs/" + digest.replace(":", "/"), b"")
        is_manifest = data[:32] in TYPES
        if not data or is_manifest is not manifest:
            self.answer(404, b"{}")
        elif self.mood == "cut" and not manifest:
            self.answer(200, data[:-5], **{"Content-Length": str(len(data))})
        elif self.mood == "swapped" and not manifest:
            self.answer(200, data + b"\n")
        else:
            self.answer(200, data)

    def answer(self, status: int, data: bytes, **headers: str) -> None:
        self.send_response(status)
        for name, value in {"Content-Length": str(len(data)), **headers}.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(data)
        self.close_connection = True


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), Stub) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()
        thread.join()


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    Stub.mood, Stub.seen = "", []
    return tmp_path


def pull(reference: str, mood: str = "", transport: str = "docker") -> Reading:
    Stub.mood = mood
    text = f"{transport}://{reference}"
    found = target(text)
    assert found is not None
    return read(text, found)


def logged_in(home: Path, server: str, **entry: str) -> None:
    entry = entry or {"auth": BASIC.removeprefix("Basic ")}
    (home / "config.json").write_text(json.dumps({"auths": {server: entry}}))


@pytest.mark.parametrize("mood", ["", "token", "redirect"])
def test_without_a_login(server: str, mood: str) -> None:
    reading = pull(f"{server}/shop/web:1.2", mood)

    assert reading.reason == ""
    (image,) = reading.images
    assert image.names == (f"{server}/shop/web:1.2",)
    assert image.config.get("User") == "10001"
    assert image.files["/a"].size == 5000


@pytest.mark.parametrize("mood", ["token", "basic"])
def test_with_a_login(server: str, home: Path, mood: str) -> None:
    logged_in(home, server)

    assert pull(f"{server}/shop/web:1.2", mood).outcome is Outcome.JUDGED
    assert BASIC in [authorization for _, authorization in Stub.seen]


def test_by_digest(server: str) -> None:
    assert pull(f"{server}/shop/web@{TOP}").outcome is Outcome.JUDGED
    assert pull(f"{server}/shop/web").outcome is Outcome.JUDGED


def test_credentials_stay_with_the_registry(server: str, home: Path) -> None:
    logged_in(home, server)
    pull(f"{server}/shop/web:1.2", "basic")
    Stub.seen.clear()

    pull(f"{server}/shop/web:1.2", "redirect")

    assert {auth for path, auth in Stub.seen if path.startswith("/storage/")} == {""}


def test_a_helper_keeps_the_login(server: str, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    helper = home / "docker-credential-stub"
    secret = json.dumps({"Username": "build", "Secret": "Tr0ubadour"})
    helper.write_text(f"#!/bin/sh\nread -r host\ntest \"$host\" = '{server}' && echo '{secret}'\n")
    helper.chmod(helper.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setenv("PATH", f"{home}:/usr/bin:/bin")
    for config in ({"credsStore": "stub"}, {"credHelpers": {server: "stub"}}):
        (home / "config.json").write_text(json.dumps(config))

        assert pull(f"{server}/shop/web:1.2", "basic").outcome is Outcome.JUDGED


@pytest.mark.parametrize(
    ("mood", "reason"),
    [
        ("basic", "asks for a password, and there is none for it"),
        ("http realm", "leads to tokens.example.com by plain HTTP"),
        ("away", "leads to storage.example.com by plain HTTP"),
        ("round", "more than 5 redirects"),
        ("cut", ": "),
        ("swapped", "the content does not have its digest"),
    ],
)
def test_what_goes_wrong(server: str, mood: str, reason: str) -> None:
    reading = pull(f"{server}/shop/web:1.2", mood)

    assert reading.outcome is Outcome.FAILED
    assert reason in reading.reason
    assert len(reading.reason) < 250


@pytest.mark.parametrize(
    ("config", "reason"),
    [
        ("{", "not JSON"),
        ('{"auths": {"HOST": {"auth": "%%%"}}}', "is damaged"),
        ('{"credsStore": "../../bin/sh"}', "is no name of a credential helper"),
        ('{"credsStore": "missing"}', "docker-credential-missing is not installed"),
        ('{"auths": [], "credHelpers": 5}', "there is none for it"),
    ],
)
def test_logins_that_are_none(server: str, home: Path, config: str, reason: str) -> None:
    (home / "config.json").write_text(config.replace("HOST", server))

    assert reason in pull(f"{server}/shop/web:1.2", "basic").reason


def test_what_is_not_there(server: str) -> None:
    assert "there is no such image" in pull(f"{server}/shop/db:1").reason
    assert "is no reference" in pull(f"{server}/Shop/../x").reason
    assert pull("127.0.0.1:1/shop/web").outcome is Outcome.FAILED


def test_the_platform_that_was_asked_for(server: str) -> None:
    where = Target(Transport.REGISTRY, "", f"{server}/shop/web")

    (image,) = read("x", where, parse("linux/s390x")).images
    assert image.config.get("User") == "s390x"
    assert "no image for linux/arm64" in read("x", where, parse("linux/arm64")).reason


def test_plain_http_elsewhere_has_to_be_asked_for(
    server: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_is_loopback", lambda _: False)

    assert "does not speak TLS" in pull(f"{server}/shop/web:1.2").reason
    assert pull(f"{server}/shop/web:1.2", transport="docker+http").outcome is Outcome.JUDGED
    reading = pull(f"{server}/shop/web:1.2", "away", transport="docker+http")
    assert "leads to storage.example.com by plain HTTP" in reading.reason
