"""What can go wrong, done to a webhook that fifty clients depend on."""

from __future__ import annotations

import base64
import http.client
import os
import resource
import signal
import socket
import ssl
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from arena import Arena, Replica, Tally, arena, put_secret
from control_plane import LOOPBACK, ControlPlane, Daemon

from kubeguard.cluster import authority
from kubeguard.webhook.names import Names

CONNECTIONS = 10_000
LARGE = 40 * 1024 * 1024


class Fault(NamedTuple):
    """Something that is done to an arena, and that must be over when the function returns."""

    name: str
    do: Callable[[Arena], None]
    prepare: Callable[[ControlPlane], Callable[[Names], object]] | None = None
    refused: float = 0.05
    """The share of requests that may go unjudged; a slow machine always has some."""
    stalls: bool = False
    """Whether the API server itself cannot answer in time, whatever the webhook does."""


class Outcome(NamedTuple):
    """What the clients saw of a fault; `recovery` is the seconds from its begin to the last
    request that was refused."""

    fault: Fault
    tally: Tally
    admitted: list[str]
    recovery: float


def suffer(cluster: ControlPlane, folder: Path, fault: Fault) -> Outcome:
    """Do it while objects are created, until nothing is refused any more."""
    prepare = fault.prepare(cluster) if fault.prepare else None
    with arena(cluster, folder, f"faults-{time.monotonic_ns()}", prepare) as running:
        begin = time.monotonic()
        fault.do(running)
        running.calm()
        admitted = running.admitted()
    recovery = max(running.tally.last_refusal - begin, 0)
    return Outcome(fault, running.tally, admitted, recovery)


def kill_worker(running: Arena) -> None:
    """The kernel ends the process that judges (out of memory)."""
    replica = running.replicas[0]
    old = replica.processes[1:]
    for worker in old:
        os.kill(worker, signal.SIGKILL)
    running.until(lambda: replica.processes[1:] not in ([], old))
    running.until(lambda: replica.get("/readyz")[0] == 200)


def kill_replica(running: Arena) -> None:
    """A container is gone at once, and a kubelet starts it again a second later."""
    replica = running.replicas[0]
    for process in reversed(replica.processes):
        os.kill(process, signal.SIGKILL)
    time.sleep(1)
    replica.restart()
    running.until(lambda: replica.get("/readyz")[0] == 200)


def break_policy(running: Arena) -> None:
    """A policy that no one can read is rolled out, and taken back."""
    for replica in running.replicas:
        replica.configuration.write_text("profil: {")
    for replica in running.replicas:
        running.until(lambda r=replica: "not in force" in r.get("/readyz?verbose")[1])
    for replica in running.replicas:
        replica.configuration.write_text("{}\n")
    for replica in running.replicas:
        running.until(
            lambda r=replica: (
                "policy" in (s := r.get("/readyz?verbose")[1]) and "not in force" not in s
            )
        )


def half_rotated(cluster: ControlPlane) -> Callable[[Names], object]:
    """A new authority has been made and told ten minutes ago: its turn has come."""

    def prepare(names: Names) -> None:
        now = authority.utc_now()
        state = authority.begun(names.hosts, now - timedelta(days=1))
        put_secret(cluster, names, authority.to_secret(state))

    return prepare


def rotate(running: Arena) -> None:
    """The authority and what it signed are replaced, with all steps between."""
    state = _state(running)
    now = authority.utc_now()
    coming = authority.begun(running.names.hosts, now).authority
    before = state._replace(coming=coming, since=now - authority.SETTLED)
    put_secret(running.cluster, running.names, authority.to_secret(before))
    running.until(lambda: _state(running).authority == coming, 60)
    for replica in running.replicas:
        running.until(lambda r=replica: _served(r) == _state(running).leaf.certificate, 60)


def nearly_over(cluster: ControlPlane) -> Callable[[Names], object]:
    """A certificate ends soon, and who would replace it is lost but holds the Lease."""

    def prepare(names: Names) -> None:
        now = authority.utc_now()
        state = authority.begun(names.hosts, now)
        old = authority.begun(names.hosts, now - authority.LEAF_LIFE + timedelta(seconds=20))
        leaf = authority._signed(state.authority, names.hosts, old.since)
        put_secret(cluster, names, authority.to_secret(state._replace(leaf=leaf)))
        renewed = now.isoformat(timespec="microseconds").replace("+00:00", "Z")
        spec = {"holderIdentity": "lost", "leaseDurationSeconds": 180, "renewTime": renewed}
        body = {"metadata": {"name": names.lease}, "spec": spec}
        assert cluster.request("POST", _leases(names), body)[0] == 201

    return prepare


def outlive_certificate(running: Arena) -> None:
    """The time jumps past the end of the certificate: nobody has replaced it before."""
    end = _state(running).leaf.parsed.not_valid_after_utc
    while authority.utc_now() <= end + timedelta(seconds=1):
        time.sleep(0.1)
    path = f"{_leases(running.names)}/{running.names.lease}"
    assert running.cluster.request("DELETE", path)[0] == 200
    for replica in running.replicas:
        running.until(lambda r=replica: r.get("/readyz")[0] == 200, 60)


def _leases(names: Names) -> str:
    return f"/apis/coordination.k8s.io/v1/namespaces/{names.namespace}/leases"


def _state(running: Arena) -> authority.State:
    data = running.secret()["data"]
    state = authority.from_secret({key: base64.b64decode(value) for key, value in data.items()})
    assert state
    return state


def _served(replica: Replica) -> bytes:
    """The certificate that a replica shows."""
    try:
        return ssl.get_server_certificate((LOOPBACK, replica.port), timeout=5).encode()
    except OSError:
        return b""


def slow_loris(running: Arena) -> None:
    """Two hundred connections to each replica say a byte now and then, and never all of it."""
    head = b"POST /validate HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\n"
    with ExitStack() as stack:
        connections = [
            (stack.enter_context(_shaken(replica)), head if n % 2 else b"POST /valid")
            for replica in running.replicas
            for n in range(200)
        ]
        for connection, begin in connections:
            connection.send(begin)
        deadline = time.monotonic() + 6
        while time.monotonic() < deadline:
            time.sleep(0.5)
            for connection, _ in connections:
                with suppress(OSError):
                    connection.send(b"x")
        for connection, _ in connections:
            connection.settimeout(5)
            with suppress(ConnectionError, ssl.SSLError):
                said = connection.recv(1000)
                assert not said or b" 408 " in said, said


def large_bodies(running: Arena) -> None:
    """Bodies of 40 MB."""
    body = b" " * LARGE
    for replica in running.replicas * 3:
        connection = replica.connect()
        try:
            connection.request("POST", "/validate", body)
            assert connection.getresponse().status == 413
        except OSError:
            pass  # hung up on, with most of it still to be sent
        finally:
            connection.close()


def garbage(running: Arena) -> None:
    """What is no TLS, no HTTP, no JSON, no review."""
    deep = b"[" * 200_000
    bodies = [b"", b"{}", b"null", b"\xff" * 1000, deep, b'{"request": ' + deep, b'{"kind": 1}']
    lines = [
        os.urandom(5_000),
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\xff" * 5_000,
        b"GET / X\r\n\r\n",
    ]
    for replica in running.replicas * 20:
        with socket.create_connection((LOOPBACK, replica.port)) as raw:
            raw.sendall(os.urandom(5_000))
        for line in lines:
            with suppress(OSError), _shaken(replica) as connection:
                connection.sendall(line)
        for body in bodies:
            connection = replica.connect()
            with suppress(http.client.HTTPException):
                connection.request("POST", "/validate", body)
                assert connection.getresponse().status == 400
            connection.close()


def many_connections(running: Arena) -> None:
    """Ten thousand connections that say nothing, a third of them after they have shaken hands."""
    with _files(CONNECTIONS + 1_000) as most, ExitStack() as stack:
        for n in range(min(CONNECTIONS, most - 1_000)):
            replica = running.replicas[n % 2]
            connect = _shaken if n % 3 == 0 else _connected
            stack.enter_context(connect(replica))
        time.sleep(1)


def fill_disk(running: Arena) -> None:
    """No file grows any more: not the records, not the log."""
    processes = [process for replica in running.replicas for process in replica.processes]
    for process in processes:
        resource.prlimit(process, resource.RLIMIT_FSIZE, (0, resource.RLIM_INFINITY))
    time.sleep(3)
    for process in processes:
        unlimited = resource.RLIM_INFINITY
        resource.prlimit(process, resource.RLIMIT_FSIZE, (unlimited, unlimited))


def restart_etcd(running: Arena) -> None:
    """etcd is killed, and comes back a second later."""
    cluster = running.cluster
    old = cluster.daemons["etcd"]
    command = Path(f"/proc/{old.pid}/cmdline").read_bytes().decode().split("\0")[:-1]
    os.kill(old.pid, signal.SIGKILL)
    old.stop()
    time.sleep(1)
    cluster.daemons["etcd"] = Daemon("etcd", command, old.log, cluster.workdir)
    running.until(lambda: running.tally.last_right > time.monotonic() - 0.5)


def _connected(replica: Replica) -> socket.socket:
    return socket.create_connection((LOOPBACK, replica.port), timeout=20)


_CONTEXT = ssl._create_unverified_context()


def _shaken(replica: Replica) -> ssl.SSLSocket:
    return _CONTEXT.wrap_socket(_connected(replica))


@contextmanager
def _files(wanted: int) -> Iterator[int]:
    """How many files this process may open, as many as wanted if it can be."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = wanted if hard == resource.RLIM_INFINITY else min(max(wanted, soft), hard)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
    try:
        yield most
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


FAULTS = (
    Fault("kill -9 of the process that judges", kill_worker, refused=0.5),
    Fault("kill -9 of a replica, restarted after 1 s", kill_replica, refused=0.5),
    Fault("authority and certificate rotate", rotate, half_rotated),
    Fault("the clock passes the certificate's end", outlive_certificate, nearly_over, refused=1),
    Fault("a broken policy, and back", break_policy),
    Fault("slow loris, 400 connections", slow_loris),
    Fault("bodies of 40 MB", large_bodies),
    Fault("garbage", garbage),
    Fault("10,000 connections", many_connections),
    Fault("full disk for records and log", fill_disk),
    Fault("etcd killed, back after 1 s", restart_etcd, refused=1, stalls=True),
)
