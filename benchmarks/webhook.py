"""The admission webhook through TLS, beside a bare handler on the same server."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
import os
import socket
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson

from kubeguard.policy.policy import Policy
from kubeguard.registry import load_checks
from kubeguard.webhook.hook import Webhook
from kubeguard.webhook.review import decode, encode

CONNECTIONS = 16
REQUESTS = 4_000
ROUNDS = 15
RATE = 200
"""Reviews a second, where the answer's time is measured."""
SOAK = int(os.environ.get("SOAK", "20000"))


def deployment(size: int) -> dict[str, Any]:
    """A Deployment without a flaw of about so many bytes, as an API server sends it."""
    container = {
        "name": "web",
        "image": "registry.example/web@sha256:" + "0" * 64,
        "resources": {"requests": {"cpu": "1", "memory": "1Gi"}, "limits": {"memory": "1Gi"}},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "env": [{"name": f"SETTING_{n}", "value": f"value {n}"} for n in range(20)],
    }
    spec = {"serviceAccountName": "web", "automountServiceAccountToken": False}
    labels = {"app": "web"}
    found: dict[str, Any] = {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "web", "namespace": "shop", "uid": "u", "managedFields": []},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {
                "metadata": {"labels": labels},
                "spec": {**spec, "containers": [container]},
            },
        },
    }
    while len(json.dumps(found)) < size:
        found["metadata"]["managedFields"].append(
            {"f:spec": {f"f:field-{n}": {} for n in range(20)}}
        )
    return found


def review(size: int = 6_000) -> bytes:
    group = {"group": "apps", "version": "v1"}
    request = {
        "uid": "705ab4f5-6393-11e8-b7cc-42010a800002",
        "operation": "CREATE",
        "kind": {**group, "kind": "Deployment"},
        "resource": {**group, "resource": "deployments"},
        "name": "web",
        "namespace": "shop",
        "userInfo": {"username": "jane", "groups": ["dev", "system:authenticated"]},
        "object": deployment(size),
        "oldObject": None,
    }
    kind = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"}
    return json.dumps({**kind, "request": request}).encode()


async def bare(scope: Any, receive: Any, send: Any) -> None:
    """Reads and parses a review, answers a constant: the least that any webhook does."""
    parts, more = [], scope["type"] == "http"
    while more:
        event = await receive()
        parts.append(event["body"])
        more = event.get("more_body", False)
    if parts:
        orjson.loads(b"".join(parts))
    if scope["type"] == "lifespan":
        await receive()
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await send({"type": "lifespan.shutdown.complete"})
        return
    body = b'{"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview"}'
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def serve_bare(port: int, certificate: Path, key: Path, workers: int) -> None:
    from granian.constants import Interfaces, SSLProtocols
    from granian.log import LogLevels
    from granian.server import Server

    Server(
        "bare",
        "127.0.0.1",
        port,
        interface=Interfaces.ASGI,
        ssl_cert=certificate,
        ssl_key=key,
        ssl_protocol_min=SSLProtocols.tls12,
        workers=workers,
        log_level=LogLevels.warning,
    ).serve(target_loader=lambda: bare, wrap_loader=False)


@contextmanager
def bare_server(files: tuple[Path, Path], workers: int) -> Iterator[int]:
    """Its port."""
    port = free_port()
    arguments = (port, *files, workers)
    process = multiprocessing.get_context("fork").Process(target=serve_bare, args=arguments)
    process.start()
    try:
        wait_for(port)
        yield port
    finally:
        process.terminate()
        process.join()


def certificate(folder: Path) -> tuple[Path, Path]:
    """A certificate of its own for 127.0.0.1, ECDSA P-256."""
    import ipaddress

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "bench")])
    now = datetime.now(UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )
    files = folder / "tls.crt", folder / "tls.key"
    pem, kind = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    files[0].write_bytes(made.public_bytes(pem))
    files[1].write_bytes(key.private_bytes(pem, kind, serialization.NoEncryption()))
    return files


class Client:
    """One keep-alive connection, HTTP/1.1 through TLS."""

    def __init__(self, port: int, body: bytes) -> None:
        self.port = port
        head = (
            f"POST /validate?timeout=10s HTTP/1.1\r\nHost: x\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        self.request = head.encode() + body
        self.streams: Any = None

    async def ask(self) -> float:
        """Seconds to the answer."""
        if self.streams is None:
            context = ssl._create_unverified_context()
            self.streams = await asyncio.open_connection("127.0.0.1", self.port, ssl=context)
        reader, writer = self.streams
        start = time.perf_counter()
        writer.write(self.request)
        head = await reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r")[0])
        await reader.readexactly(length)
        return time.perf_counter() - start


async def throughput(port: int, body: bytes, requests: int) -> tuple[float, list[float]]:
    """Answers a second with all connections busy, and the seconds of each."""
    times: list[float] = []

    async def work() -> None:
        client = Client(port, body)
        times.extend([await client.ask() for _ in range(requests // CONNECTIONS)])

    start = time.perf_counter()
    await asyncio.gather(*(work() for _ in range(CONNECTIONS)))
    return len(times) / (time.perf_counter() - start), times


def in_turn(servers: dict[str, int], body: bytes) -> dict[str, tuple[float, list[float]]]:
    """The median of answers a second of each, and all times: machines are faster at times."""
    rates: dict[str, list[float]] = {name: [] for name in servers}
    times: dict[str, list[float]] = {name: [] for name in servers}
    for _ in range(ROUNDS + 1):
        for name, port in servers.items():
            rate, took = asyncio.run(throughput(port, body, REQUESTS))
            rates[name].append(rate)
            times[name] += took
    return {name: (statistics.median(rates[name][1:]), times[name]) for name in servers}


async def at_rate(port: int, body: bytes, seconds: float) -> list[float]:
    """The seconds of each answer when requests come at RATE, whatever became of those before."""
    clients: asyncio.Queue[Client] = asyncio.Queue()
    for _ in range(CONNECTIONS):
        clients.put_nowait(Client(port, body))
    times: list[float] = []

    async def one() -> None:
        start = time.perf_counter()
        client = await clients.get()
        await client.ask()
        times.append(time.perf_counter() - start)
        clients.put_nowait(client)

    begin, asked = time.perf_counter(), []
    for number in range(int(RATE * seconds)):
        await asyncio.sleep(max(begin + number / RATE - time.perf_counter(), 0))
        asked.append(asyncio.create_task(one()))
    await asyncio.gather(*asked)
    return times


def told(times: list[float]) -> str:
    ordered = sorted(times)
    middle, last = statistics.median(ordered), ordered[int(len(ordered) * 0.99)]
    return f"{middle * 1000:8.2f} {last * 1000:8.2f}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(port: int) -> float:
    start = time.perf_counter()
    while time.perf_counter() - start < 30:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return time.perf_counter() - start
        time.sleep(0.01)
    raise SystemExit("the server does not start")


@contextmanager
def webhook(folder: Path, files: tuple[Path, Path]) -> Iterator[tuple[int, int, float]]:
    """Port, process and seconds to the first ready answer of the real thing."""
    port = free_port()
    (folder / "kubeguard.yaml").write_text("{}\n")
    command = [sys.executable, "-m", "kubeguard", "webhook", "serve"]
    options = ["--config", f"{folder}/kubeguard.yaml", "--address", f"127.0.0.1:{port}"]
    pair = ["--cert", str(files[0]), "--key", str(files[1])]
    begin = time.perf_counter()
    with open(os.devnull, "wb") as null:
        process = subprocess.Popen([*command, *options, *pair], stdout=null)
    try:
        wait_for(port)
        asyncio.run(Client(port, review()).ask())
        yield port, process.pid, time.perf_counter() - begin
    finally:
        process.terminate()
        process.wait()


def memory(pid: int) -> float:
    """MB of a process and those below it."""
    total = 0.0
    below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    for each in (str(pid), *below):
        for line in Path(f"/proc/{each}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                total += int(line.split()[1]) / 1024
    return total


def main() -> None:
    body = review()
    hook = Webhook(Policy(), load_checks(), lambda _: {})
    times = []
    for _ in range(3_000):
        start = time.perf_counter()
        request = decode(body)
        encode(request.uid, hook.respond(request).response)
        times.append(time.perf_counter() - start)
    print(f"{f'{len(body)} bytes':34} {'a second':>9} {'p50 ms':>8} {'p99 ms':>8} {'MB':>6}")
    print(f"{'in process':34} {1 / statistics.mean(times):9.0f} {told(times)}")
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        files = certificate(folder)
        with (
            bare_server(files, 1) as one,
            bare_server(files, 2) as two,  # as many processes as the webhook has
            webhook(folder, files) as (port, pid, ready),
        ):
            servers = {
                "bare handler, 1 process": one,
                "bare handler, 2 processes": two,
                "kubeguard webhook": port,
            }
            for name, (rate, times) in in_turn(servers, body).items():
                print(f"{name:34} {rate:9.0f} {told(times)}")
            times = asyncio.run(at_rate(port, body, 10))
            name = f"kubeguard webhook at {RATE}/s"
            print(f"{name:34} {RATE:9} {told(times)} {memory(pid):6.0f}")
            before = memory(pid)
            for size in (2_000, 20_000, 200_000):
                asyncio.run(throughput(port, review(size), SOAK // 3))
            print(
                f"after {SOAK} reviews of 2 to 200 kB: {before:.0f} MB, then {memory(pid):.0f} MB"
            )
            print(f"ready after {ready:.2f} s")


if __name__ == "__main__":
    main()
