"""The webhook as a process: started, reloaded, killed, stopped."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from certificates import write_pair
from control_plane import free_port
from reviews import POD, review

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the server is for Linux")
BODY = json.dumps(review(POD + "  hostNetwork: true\n")).encode()
COMMAND = (sys.executable, "-m", "kubeguard", "webhook", "serve")


class Served:
    """A process that serves, with its files in a folder."""

    def __init__(self, folder: Path, *options: str) -> None:
        self.folder = folder
        self.port = free_port()
        self.configuration = folder / "kubeguard.yaml"
        self.configuration.write_text("profile: baseline\n")
        self.pair = write_pair(folder)
        self.log = folder / "log"
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                [
                    *(*COMMAND, "--config", self.configuration),
                    *("--address", f"127.0.0.1:{self.port}"),
                    *("--cert", self.pair[0], "--key", self.pair[1], *options),
                ],
                stdout=log,
                stderr=subprocess.STDOUT,
            )
        self.until(lambda: self.get("/readyz")[0] == 200)

    def connect(self) -> http.client.HTTPSConnection:
        context = ssl._create_unverified_context()
        return http.client.HTTPSConnection("127.0.0.1", self.port, context=context, timeout=5)

    def get(self, path: str) -> tuple[int, str]:
        connection = self.connect()
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()

    def ask(self) -> dict[str, Any]:
        connection = self.connect()
        try:
            connection.request("POST", "/validate?timeout=5s", BODY)
            answer: dict[str, Any] = json.loads(connection.getresponse().read())["response"]
            return answer
        finally:
            connection.close()

    def until(self, holds: Callable[[], bool], seconds: float = 20) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError(self.log.read_text())
            time.sleep(0.05)

    @property
    def workers(self) -> list[int]:
        """The processes below the one that was started."""
        pid = self.process.pid
        return [int(p) for p in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]

    def replaced(self, workers: list[int]) -> bool:
        """Whether others are there instead of these."""
        return len(self.workers) == len(workers) and not {*self.workers} & {*workers}

    def value(self, name: str) -> float:
        """What a line of /metrics says."""
        lines = self.get("/metrics")[1].splitlines()
        return next(float(line.rpartition(" ")[2]) for line in lines if line.startswith(name))

    def stop(self) -> int:
        workers = self.workers
        self.process.terminate()
        code = self.process.wait(20)
        assert not [worker for worker in workers if Path(f"/proc/{worker}").exists()]
        return code


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Served]:
    running = Served(tmp_path)
    yield running
    if running.process.poll() is None:
        running.stop()


class Load:
    """Asks as fast as it can from several threads, as an API server does: a connection that has
    been closed between two requests is opened again."""

    def __init__(self, served: Served) -> None:
        self.served = served
        self.answers = 0
        self.failures: list[str] = []
        self._over = threading.Event()
        self._threads = [threading.Thread(target=self._work) for _ in range(4)]

    def __enter__(self) -> Load:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()

    def _work(self) -> None:
        connection = self.served.connect()
        while not self._over.is_set():
            try:
                self._once(connection)
            except (OSError, http.client.HTTPException):
                connection.close()
                connection = self.served.connect()
                try:
                    self._once(connection)
                except (OSError, http.client.HTTPException) as error:
                    self.failures.append(repr(error))
                    connection.close()
        connection.close()

    def _once(self, connection: http.client.HTTPSConnection) -> None:
        connection.request("POST", "/validate", BODY)
        response = connection.getresponse()
        text = response.read()
        if response.status != 200 or b"KG3001" not in text:
            self.failures.append(f"{response.status} {text[:200]!r}")
        self.answers += 1


def test_policy_and_certificate_change_without_a_lost_request(served: Served) -> None:
    def said() -> list[str]:
        while not (lines := served.get("/readyz?verbose")[1].splitlines()):
            time.sleep(0.05)  # the connection was one to a worker that has just gone
        return lines

    first, workers = said(), served.workers
    with Load(served) as load:
        served.configuration.write_text("profile: pedantic\n")
        served.until(lambda: served.replaced(workers))
        second, workers = said(), served.workers
        write_pair(served.folder, days=300)
        served.until(lambda: served.replaced(workers))
        third = said()
    assert first[0] != second[0] == third[0]
    assert first[1] == second[1] != third[1]
    assert load.failures == []
    assert load.answers > 100


def test_what_is_broken_does_not_replace_what_serves(served: Served) -> None:
    def said() -> str:
        return served.get("/readyz?verbose")[1]

    policy = said().splitlines()[0]
    served.configuration.write_text("profil: baseline\n")
    served.until(lambda: "not in force" in said())
    assert said().splitlines()[0] == policy
    assert f"not in force: {served.configuration}:1:1: unknown key 'profil'" in said()
    assert "kubeguard_reload_failed 1.0" in served.get("/metrics")[1]
    assert "KG3001" in served.ask()["status"]["message"]

    served.configuration.write_text("profile: baseline\n")
    served.until(lambda: "not in force" not in said() and policy in said())
    (served.folder / "tls.key").write_text("no key")
    served.until(lambda: "cannot be served" in said())
    assert "KG3001" in served.ask()["status"]["message"]


def test_sighup_reloads(served: Served) -> None:
    workers = served.workers
    served.process.send_signal(signal.SIGHUP)
    served.until(lambda: b'"event":"reloaded"' in served.log.read_bytes())
    served.until(lambda: served.replaced(workers))
    assert not served.ask()["allowed"]


def test_a_killed_worker_is_replaced(served: Served) -> None:
    killed, other = served.workers
    os.kill(killed, signal.SIGKILL)
    served.until(lambda: len({*served.workers} - {killed, other}) == 1)
    assert other in served.workers
    assert not served.ask()["allowed"]


def test_workers_count_together_and_what_they_counted_stays(served: Served) -> None:
    def counted() -> float:
        return served.value('kubeguard_requests_total{operation="CREATE",verdict="deny"}')

    connections = [served.connect() for _ in range(16)]
    for connection in connections:
        connection.connect()  # of so many at a time, each worker has some
    for connection in connections:
        connection.request("POST", "/validate", BODY)
        assert connection.getresponse().read()
        connection.close()
    assert counted() == served.value("kubeguard_request_duration_seconds_count") == 16
    assert served.value("kubeguard_certificate_expiry_timestamp_seconds") > time.time()

    workers = served.workers
    served.configuration.write_text("profile: pedantic\n")
    served.until(lambda: served.replaced(workers))
    served.ask()
    assert counted() == 17
    assert served.get("/metrics")[1].count("kubeguard_policy_info{") == 1


def test_sigterm_finishes_what_has_begun(served: Served) -> None:
    connection = served.connect()
    connection.putrequest("POST", "/validate?timeout=5s")
    connection.putheader("Content-Length", str(len(BODY)))
    connection.endheaders(BODY[:100])
    time.sleep(0.3)
    served.process.terminate()
    time.sleep(0.3)
    connection.send(BODY[100:])
    response = connection.getresponse()
    assert response.status == 200
    assert b"KG3001" in response.read()
    connection.close()
    assert served.process.wait(20) == 0


def test_a_client_of_http2_that_says_nothing_more_is_not_waited_for(served: Served) -> None:
    """It would have to answer to a GOAWAY; a request takes 15 seconds at most."""
    context = ssl.create_default_context(cafile=served.folder / "tls.crt")
    context.set_alpn_protocols(["h2"])
    no_settings = b"\x00\x00\x00\x04\x00\x00\x00\x00\x00"
    with (
        socket.create_connection(("127.0.0.1", served.port)) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as connection,
    ):
        connection.sendall(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + no_settings)
        assert connection.recv(9)
        served.process.terminate()
        assert served.process.wait(25) == 0


def test_nobody_stays_when_the_upper_process_is_killed(served: Served) -> None:
    workers = served.workers
    served.process.kill()
    served.process.wait(10)
    deadline = time.monotonic() + 10
    while any(Path(f"/proc/{worker}").exists() for worker in workers):
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_memory_stays_flat(served: Served) -> None:
    def memory() -> float:
        texts = [Path(f"/proc/{pid}/smaps_rollup").read_text() for pid in served.workers]
        lines = [line for text in texts for line in text.splitlines() if line.startswith("Pss:")]
        return sum(int(line.split()[1]) for line in lines) / 1024

    found = review(POD)
    found["request"]["object"]["metadata"]["annotations"] = {"text": "x y " * 25_000}
    body = json.dumps(found).encode()
    connections = [served.connect() for _ in range(8)]
    for connection in connections:
        connection.connect()  # of so many at a time, each worker has some

    def ask(times: int) -> float:
        for number in range(times):
            connection = connections[number % len(connections)]
            connection.request("POST", "/validate", body)
            assert connection.getresponse().read()
        return memory()

    before = ask(200)
    after = ask(1_000)
    for connection in connections:
        connection.close()
    assert after < before + 20


def test_only_clients_of_one_authority(tmp_path: Path) -> None:
    authority = write_pair(tmp_path, name="client")[0]
    port = free_port()
    pair = write_pair(tmp_path)
    (tmp_path / "kubeguard.yaml").write_text("{}")
    options = ["--config", tmp_path / "kubeguard.yaml", "--cert", pair[0], "--key", pair[1]]
    more = ["--address", f"127.0.0.1:{port}", "--client-ca", authority]
    with subprocess.Popen([*COMMAND, *options, *more], stdout=subprocess.DEVNULL) as process:
        try:
            context = ssl._create_unverified_context()
            deadline = time.monotonic() + 15
            while True:
                connection = http.client.HTTPSConnection("127.0.0.1", port, context=context)
                try:
                    connection.request("GET", "/livez")
                    connection.getresponse()
                    raise AssertionError("a stranger was let in")
                except ConnectionRefusedError:
                    assert time.monotonic() < deadline
                    time.sleep(0.1)
                except (ssl.SSLError, OSError):
                    break
                finally:
                    connection.close()
            context.load_cert_chain(tmp_path / "client.crt", tmp_path / "client.key")
            connection = http.client.HTTPSConnection("127.0.0.1", port, context=context)
            connection.request("GET", "/livez")
            assert connection.getresponse().status == 200
            connection.close()
        finally:
            process.terminate()


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "an API server wants TLS: give --cert and --key"),
        (["--plain-http"], "an API server wants TLS"),
        (["--cert", "tls.crt"], "--cert and --key belong together"),
        (["--cert", "tls.crt", "--key", "other.key"], "cannot be served"),
        (["--cert", "old.crt", "--key", "old.key"], "old.crt has expired"),
        (["--cert", "tls.crt", "--key", "tls.key", "--address", "here"], "is no HOST:PORT"),
        (["--cert", "tls.crt", "--key", "tls.key", "--config", "bad.yaml"], "unknown key 'x'"),
        (["--cert", "tls.crt", "--key", "tls.key", "--record", "tls.key/x"], "tls.key"),
        (
            ["--cert", "tls.crt", "--key", "tls.key", "--policy", "nowhere"],
            "no policy at 'nowhere'",
        ),
        (["--cert", "tls.crt", "--key", "tls.key", "--policy", "bad.rego"], "bad.rego:1:1"),
    ],
)
def test_what_cannot_be_served_is_one_sentence(
    tmp_path: Path, options: list[str], said: str
) -> None:
    write_pair(tmp_path)
    write_pair(tmp_path, name="other")
    write_pair(tmp_path, days=-1, name="old")
    (tmp_path / "bad.yaml").write_text("x: 1\n")
    (tmp_path / "bad.rego").write_text("nonsense\n")
    ran = subprocess.run(
        [*COMMAND, *options], cwd=tmp_path, capture_output=True, text=True, timeout=30
    )
    assert ran.returncode == 2
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr
