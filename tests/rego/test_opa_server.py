"""A running OPA is asked for its own policies, whatever happens on the way to it."""

from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from contract import FIRST, LIBRARY, SECOND, SETTINGS, SLOW

pytest.importorskip("opa_client", reason="the extra opa is not installed")

from kubeguard.errors import UsageError
from kubeguard.model.trouble import TroubleKind
from kubeguard.policy.sources import EngineChoice
from kubeguard.rego import rules
from kubeguard.rego.engine import Budget, EngineError, Module
from kubeguard.rego.engines import start
from kubeguard.rego.engines.server import Server
from kubeguard.rego.engines.worker import Worker

SECRET = "a-token-that-nobody-may-see"
BUDGET = Budget(seconds=0.5, answer_bytes=100_000)
ODD = Module("a b/ö#1%.rego", 'package odd["a.b"]["c/d"]\n\nx["y z"] := input.name\n')
FAILING = Module("failing.rego", "package failing\n\nx := 1 if input.a\n\nx := 2 if input.b\n")
GUARD = """\
package system.authz

import rego.v1

default allow := false

allow if input.identity == "%s"

allow if input.path == ["health"]
"""


class Running:
    """A server of OPA, started by `start`."""

    def __init__(self, program: Path, folder: Path, *options: str) -> None:
        self.port = free_port()
        for module in (FIRST, LIBRARY, FAILING, SLOW):
            (folder / module.name).write_text(module.text)
        (folder / "data.json").write_text(json.dumps(SETTINGS))
        command = [
            *(program, "run", "--server", "--addr", f"127.0.0.1:{self.port}", *options),
            *("--skip-version-check", "--log-level", "error", str(folder)),
        ]
        self.process = subprocess.Popen(command, cwd=folder)
        self.scheme = "https" if any("tls" in option for option in options) else "http"
        self.url = f"{self.scheme}://localhost:{self.port}"

    def wait(self) -> Running:
        trusting = ssl._create_unverified_context()
        deadline = time.monotonic() + 20
        while True:
            try:
                urllib.request.urlopen(f"{self.url}/health", context=trusting, timeout=5).read()
                return self
            except OSError:
                assert self.process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.05)

    def put(self, module: Module) -> None:
        url = f"{self.url}/v1/policies/{urllib.request.quote(module.name, safe='')}"
        body = module.text.encode()
        urllib.request.urlopen(urllib.request.Request(url, body, method="PUT")).read()

    def stop(self) -> None:
        self.process.kill()
        self.process.wait()


def free_port() -> int:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        return int(listening.getsockname()[1])


@pytest.fixture(scope="module")
def running(opa: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    server = Running(opa, tmp_path_factory.mktemp("plain"))
    try:
        server.wait().put(ODD)
        yield server
    finally:
        server.stop()


Asked = Callable[..., Server]


@pytest.fixture
def asked() -> Iterator[Asked]:
    """Makes engines of servers, and closes them."""
    made: list[Server] = []

    def make(url: str, budget: Budget = BUDGET, **choice: Any) -> Server:
        made.append(Server(EngineChoice("server", url, **choice), budget=budget))
        return made[-1]

    yield make
    for server in made:
        server.close()


@pytest.mark.corpus
class TestOwnPolicies:
    def test_they_are_described_as_by_the_worker(self, running: Running, asked: Asked):
        server = asked(running.url)
        modules = server.modules()
        texts = {module.text for module in modules}
        assert texts == {module.text for module in (FIRST, LIBRARY, ODD, FAILING, SLOW)}
        mine = server.compile(modules)
        with Worker(EngineChoice()) as worker:
            its = worker.compile(modules)
        told = {
            (r.module, r.path, r.line, r.kind, json.dumps(r.annotations, sort_keys=True))
            for r in mine.rules
        }
        assert told == {
            (r.module, r.path, r.line, r.kind, json.dumps(r.annotations, sort_keys=True))
            for r in its.rules
        }
        assert [(p.module, p.package) for p in mine.packages] == [
            (p.module, p.package) for p in its.packages
        ]

    def test_rules_are_answered_by_input_and_query(self, running: Running, asked: Asked):
        server = asked(running.url)
        program = server.compile(())
        queries = ["main.deny", "main.fine", 'odd["a.b"]["c/d"].x["y z"]', "no.no"]
        rows = server.evaluate(program, queries, [{"name": "short"}, {}])
        assert [[(a.defined, a.value, a.failure) for a in row] for row in rows] == [
            [
                *((True, ["short is long"], None), (True, True, None)),
                *((True, "short", None), (False, None, None)),
            ],
            [
                *((True, [], None), (True, False, None)),
                *((False, None, None), (False, None, None)),
            ],
        ]

    def test_numbers_keep_their_digits(self, running: Running, asked: Asked):
        server = asked(running.url)
        given = [{"name": value} for value in (10**40, 1.5, -0.0, 2**64)]
        rows = server.evaluate(server.compile(()), ['main.a.b["c-d"]'], given)
        assert [row[0].value for row in rows] == [10**40, 1.5, 0, 2**64]

    def test_errors_that_are_dropped_are_told(self, running: Running, asked: Asked):
        server = asked(running.url)
        inputs = [{"number": "1"}, {"number": "abc"}]
        rows = server.evaluate(server.compile(()), ["main.number"], inputs)
        assert [(row[0].value, len(row[0].warnings)) for row in rows] == [(1, 0), (None, 1)]
        (warning,) = rows[1][0].warnings
        assert warning.code == "eval_builtin_error"
        assert (Path(warning.file).name, warning.line) == ("first.rego", 25)

    def test_a_contradiction_fails_where_it_is(self, running: Running, asked: Asked):
        server = asked(running.url)
        rows = server.evaluate(server.compile(()), ["failing.x"], [{"a": 1}, {"a": 1, "b": 1}])
        assert rows[0][0].value == 1
        assert rows[1][0].failure
        assert rows[1][0].failure.code == "eval_conflict_error"

    def test_a_question_that_takes_too_long_fails_alone_and_is_given_up(
        self, running: Running, asked: Asked
    ):
        server = asked(running.url)
        inputs = [{"name": n, "slow": n < 6} for n in range(8)]
        start = time.monotonic()
        rows = server.evaluate(server.compile(()), ["slow.deny", "slow.fast"], inputs)
        assert time.monotonic() - start < 10
        assert [row[1].value for row in rows] == list(range(8))
        assert rows[0][0].failure
        assert rows[0][0].failure.message == "no answer within 1.5 s"
        assert rows[7][0].failure
        assert rows[7][0].failure.code == "given_up"

    def test_others_are_refused(self, running: Running, asked: Asked):
        server = asked(running.url)
        with pytest.raises(EngineError, match=r"policies of its own, not by folder/second\.rego"):
            server.compile([SECOND])
        with pytest.raises(EngineError, match="data of its own"):
            server.compile((), SETTINGS)

    def test_what_cannot_be_sent_is_a_failure(self, running: Running, asked: Asked):
        server = asked(running.url, BUDGET._replace(input_bytes=100))
        rows = server.evaluate(server.compile(()), ["main.fine"], [{"name": "x" * 200}, {}])
        assert rows[0][0].failure
        assert rows[0][0].failure.message == "the input has more than 100 bytes"
        assert rows[1][0].value is False

    def test_a_run_asks_for_all_that_finds_something(self, running: Running):
        loaded = rules.load((), EngineChoice("server", running.url))
        assert {check.id for check in loaded.checks} == {"main.deny", "slow.deny"}
        assert loaded.troubles == ()
        loaded.engine.close()

    def test_a_server_without_policies(self, opa: Path, asked: Asked, tmp_path: Path):
        """Asking it would find nothing, ever."""
        server = Running(opa, tmp_path)
        for file in tmp_path.iterdir():
            file.unlink()
        try:
            with pytest.raises(EngineError, match="has no policies"):
                asked(server.wait().url).compile(())
        finally:
            server.stop()


@pytest.fixture(scope="module")
def certificates(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`ca.pem`, `other.pem`, and `server.pem` for localhost, signed by the first."""
    folder = tmp_path_factory.mktemp("certificates")
    try:
        for name in ("ca", "other"):
            openssl(
                folder,
                *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"),
                *("-subj", f"/CN={name}", "-keyout", f"{name}.key", "-out", f"{name}.pem"),
            )
        openssl(
            folder,
            *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj"),
            *("/CN=localhost", "-addext", "subjectAltName=DNS:localhost", "-CA", "ca.pem"),
            *("-CAkey", "ca.key", "-addext", "basicConstraints=critical,CA:FALSE"),
            *("-keyout", "server.key", "-out", "server.pem"),
        )
    except (OSError, subprocess.CalledProcessError) as error:
        pytest.skip(f"openssl makes no certificates: {error}")
    return folder


def openssl(folder: Path, *arguments: str) -> None:
    subprocess.run(["openssl", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(scope="module")
def guarded(
    opa: Path, certificates: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Running]:
    """It speaks TLS, and to those who have the token."""
    folder = tmp_path_factory.mktemp("guarded")
    (folder / "guard.rego").write_text(GUARD % SECRET)
    server = Running(
        opa,
        folder,
        *("--tls-cert-file", str(certificates / "server.pem")),
        *("--tls-private-key-file", str(certificates / "server.key")),
        *("--authentication", "token", "--authorization", "basic"),
    )
    try:
        yield server.wait()
    finally:
        server.stop()


@pytest.mark.corpus
class TestTrust:
    @pytest.fixture
    def ca(self, certificates: Path) -> str:
        return str(certificates / "ca.pem")

    def test_with_certificate_and_token(
        self, guarded: Running, asked: Asked, ca: str, tmp_path: Path
    ):
        (tmp_path / "token").write_text(f"{SECRET}\n")
        server = asked(guarded.url, ca=ca, token_file=str(tmp_path / "token"))
        ((answer,),) = server.evaluate(server.compile(()), ["main.fine"], [{"name": "x"}])
        assert answer.value is True

    def test_the_token_out_of_the_environment(
        self, guarded: Running, asked: Asked, ca: str, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv("KUBEGUARD_OPA_TOKEN", SECRET)
        assert asked(guarded.url, ca=ca).compile(()).rules

    def test_without_the_token(self, guarded: Running, asked: Asked, ca: str):
        with pytest.raises(EngineError, match="refuses to answer: 401 Unauthorized"):
            asked(guarded.url, ca=ca).compile(())

    def test_a_token_that_lapses_stops_the_evaluation(
        self, guarded: Running, asked: Asked, ca: str, monkeypatch: pytest.MonkeyPatch
    ):
        monkeypatch.setenv("KUBEGUARD_OPA_TOKEN", SECRET)
        server = asked(guarded.url, ca=ca)
        program = server.compile(())
        server._client._session.headers["Authorization"] = "Bearer another"
        with pytest.raises(EngineError, match="401"):
            server.evaluate(program, ["main.fine"], [{}])

    @pytest.mark.parametrize("name", ["", "other.pem"])
    def test_a_certificate_that_nobody_vouches_for(
        self,
        guarded: Running,
        asked: Asked,
        certificates: Path,
        name: str,
        monkeypatch: pytest.MonkeyPatch,
    ):
        """Nor do variables of the environment make it trusted."""
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificates / "ca.pem"))
        with pytest.raises(EngineError, match=r"is not trusted: .*certificate"):
            asked(guarded.url, ca=str(certificates / name) if name else "").compile(())

    def test_a_certificate_for_another_name(self, guarded: Running, asked: Asked, ca: str):
        with pytest.raises(EngineError, match="is not trusted"):
            asked(f"https://127.0.0.1:{guarded.port}", ca=ca).compile(())

    def test_no_certificates(self, guarded: Running, asked: Asked, tmp_path: Path):
        with pytest.raises(EngineError, match=r"no\.pem"):
            asked(guarded.url, ca=str(tmp_path / "no.pem")).compile(())

    @pytest.mark.parametrize("content", ["", "\n", "a\nb", "\x00", "ä"])
    def test_no_token_in_the_file(
        self, guarded: Running, asked: Asked, ca: str, tmp_path: Path, content: str
    ):
        (tmp_path / "token").write_text(content, encoding="utf-8")
        with pytest.raises(EngineError, match="token"):
            asked(guarded.url, ca=ca, token_file=str(tmp_path / "token")).compile(())
        with pytest.raises(EngineError, match="cannot be read"):
            asked(guarded.url, ca=ca, token_file=str(tmp_path / "none")).compile(())


class Wrong(ThreadingHTTPServer):
    """A server that is no OPA, or a broken one: it says what the test wants."""

    daemon_threads = True

    def __init__(self) -> None:
        self.requests: list[tuple[str, str]] = []
        self.respond: Callable[[BaseHTTPRequestHandler], None] = lambda _: None
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Wrong

    def do_GET(self) -> None:
        self.server.requests.append((self.command, self.path))
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        name = self.path.rpartition("/v1/policies/")[2]
        tree = {"package": {"path": [{"type": "var", "value": "data"}]}, "rules": []}
        policy = {"id": "p", "raw": "package p", "ast": tree}
        if "/v1/policies" in self.path and not getattr(self.server, "everywhere", False):
            send(self, json.dumps({"result": policy if name == "p" else [policy]}).encode())
        else:
            self.server.respond(self)

    do_POST = do_GET  # noqa: N815

    def log_message(self, *_: object) -> None:
        """Say nothing."""


def send(handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, **headers: str) -> None:
    handler.send_response(status)
    for name, value in {"Content-Length": str(len(body)), **headers}.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(body)


@pytest.fixture
def wrong() -> Iterator[Wrong]:
    with Wrong() as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()


def drip(handler: BaseHTTPRequestHandler) -> None:
    """A byte now and then, for hours."""
    handler.send_response(200)
    handler.send_header("Content-Length", "100000")
    handler.end_headers()
    for _ in range(100):
        handler.wfile.write(b" ")
        handler.wfile.flush()
        time.sleep(0.1)


def cut(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", "100")
    handler.end_headers()
    handler.wfile.write(b'{"result": ')
    handler.close_connection = True


def flood(handler: BaseHTTPRequestHandler) -> None:
    handler.send_response(200)
    handler.send_header("Content-Length", str(10**12))
    handler.end_headers()
    try:
        while True:
            handler.wfile.write(b" " * 65536)
    except OSError:
        handler.close_connection = True


class TestWrongServers:
    @pytest.mark.parametrize(
        ("respond", "why"),
        [
            (lambda h: time.sleep(2), "no answer within 1.5 s"),
            (drip, "no answer within 1.5 s"),
            (flood, "longer than"),
            (cut, "broke off"),
            (lambda h: send(h, b'{"result": 1' + b"0" * 5000 + b"}"), "cannot be read"),
            (lambda h: send(h, b'{"result": ' + b"[" * 9**5 + b"]" * 9**5 + b"}"), "cannot be"),
        ],
    )
    def test_an_answer_that_never_is_one_fails(
        self, wrong: Wrong, asked: Asked, respond: Any, why: str
    ):
        wrong.respond = respond
        server = asked(wrong.url)
        ((answer,),) = server.evaluate(server.compile(()), ["p.x"], [{}])
        assert answer.failure
        assert why in answer.failure.message
        assert not answer.defined

    @pytest.mark.parametrize(
        ("respond", "why"),
        [
            (lambda h: send(h, b"<html>", 200), "no JSON"),
            (lambda h: send(h, b"[1]"), "is no OPA"),
            (lambda h: send(h, b"bad gateway", 502), "502"),
            (lambda h: send(h, b'{"errors": [1]}', 500), "500"),
            (lambda h: send(h, b'{"code": "x", "message": "y"}', 404), "404"),
            (lambda h: send(h, b"", 302, Location="http://127.0.0.1:1/"), "sends us to another"),
        ],
    )
    def test_a_server_that_refuses_stops_the_evaluation(
        self, wrong: Wrong, asked: Asked, respond: Any, why: str
    ):
        wrong.respond = respond
        server = asked(wrong.url)
        program = server.compile(())
        with pytest.raises(EngineError, match=why):
            server.evaluate(program, ["p.x"], [{}])
        assert [path for method, path in wrong.requests if method == "POST"] == [
            "/v1/data/p/x?strict-builtin-errors=true"
        ]

    def test_another_service(self, wrong: Wrong, asked: Asked):
        wrong.everywhere = True  # type: ignore[attr-defined]
        for body in (b"<html>", b"{}", b"[]", b'{"result": [{"id": 1}]}', b'{"result": 7}'):
            wrong.respond = lambda h, body=body: send(h, body)  # type: ignore[misc]
            with pytest.raises(EngineError):
                asked(wrong.url).compile(())

    def test_a_path_before_the_interface(self, wrong: Wrong, asked: Asked):
        wrong.respond = lambda h: send(h, b'{"result": 7}')
        server = asked(f"{wrong.url}/opa/")
        ((answer,),) = server.evaluate(server.compile(()), ["p.x"], [{}])
        assert answer.value == 7
        assert wrong.requests[-1][1].startswith("/opa/v1/data/p/x?")

    def test_neither_proxies_nor_netrc_are_asked(
        self, wrong: Wrong, asked: Asked, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
    ):
        (tmp_path / "netrc").write_text("machine 127.0.0.1 login a password b\n")
        monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
        monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
        monkeypatch.setenv("KUBEGUARD_OPA_TOKEN", SECRET)
        seen: list[str] = []

        def respond(handler: BaseHTTPRequestHandler) -> None:
            seen.append(handler.headers["Authorization"])
            send(handler, b"{}")

        wrong.respond = respond
        server = asked(wrong.url)
        server.evaluate(server.compile(()), ["p.x"], [{}])
        assert seen == [f"Bearer {SECRET}"]

    def test_a_server_that_is_not_there_is_tried_again(self, asked: Asked):
        start = time.monotonic()
        with pytest.raises(
            EngineError, match=r"cannot be reached: .*[Cc]onnection refused"
        ) as caught:
            asked(f"http://127.0.0.1:{free_port()}").compile(())
        assert 0.1 < time.monotonic() - start < 10
        assert "0x" not in caught.value.message

    def test_a_server_that_comes_a_moment_later(self, asked: Asked, wrong: Wrong):
        wrong.everywhere = False  # type: ignore[attr-defined]
        port = free_port()
        late = threading.Timer(0.1, lambda: serve_on(port))
        late.start()
        assert asked(f"http://127.0.0.1:{port}").compile(()).packages
        late.join()

    def test_a_run_that_reaches_no_server_is_not_clean(self):
        url = f"http://127.0.0.1:{free_port()}"
        (trouble,) = rules.load((), EngineChoice("server", url)).troubles
        assert trouble.kind is TroubleKind.UNEVALUATED_POLICY
        assert f"{url} cannot be reached" in trouble.message

    def test_a_name_that_nobody_has(self, asked: Asked):
        with pytest.raises(EngineError, match="cannot be reached"):
            asked("http://opa.invalid").compile(())

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "localhost:8181",
            "ftp://localhost",
            "http://",
            "http://a:b",
            "http://[",
            "http://a?b",
        ],
    )
    def test_no_address(self, asked: Asked, url: str):
        with pytest.raises(EngineError, match="is no address of a server"):
            asked(url).compile(())

    def test_a_password_is_no_part_of_an_address(self, asked: Asked):
        with pytest.raises(EngineError, match="use a token") as caught:
            asked(f"http://me:{SECRET}@localhost").compile(())
        assert SECRET not in str(caught.value)


def serve_on(port: int) -> None:
    """One server for a few requests."""

    class Late(Wrong):
        def __init__(self) -> None:
            self.requests = []
            ThreadingHTTPServer.__init__(self, ("127.0.0.1", port), _Handler)

    server = Late()
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    threading.Timer(3, lambda: (server.shutdown(), server.server_close())).start()


def test_the_package_is_asked_for_by_name(monkeypatch: pytest.MonkeyPatch):
    for name in (
        "kubeguard.rego.engines.server",
        "kubeguard.rego.engines.client",
        "opa_client.opa",
        "opa_client",
    ):
        monkeypatch.delitem(sys.modules, name, raising=False)
    monkeypatch.setitem(sys.modules, "opa_client", None)
    with pytest.raises(UsageError, match="opa-python-client") as caught:
        start(EngineChoice("server", "http://localhost:8181"))
    assert "kubeguard[opa]" in caught.value.hint


def test_closing_twice(asked: Asked):
    server = asked("http://localhost:1")
    server.close()
    server.close()
    assert os.environ.get("KUBEGUARD_OPA_TOKEN") is None
