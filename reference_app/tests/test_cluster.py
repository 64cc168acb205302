"""Three processes with mutual TLS: who may call whom, and what survives rotation and loss."""

import asyncio
import contextlib
import json
import signal
import socket
import ssl
from time import monotonic
from uuid import uuid4

import httpx
import pytest
from cluster import Cluster, replace, running_cluster

from reference_app.service.sealing import new_key_line

pytestmark = [pytest.mark.processes, pytest.mark.anyio]


@pytest.fixture(scope="module")
def cluster(tmp_path_factory):
    with running_cluster(tmp_path_factory.mktemp("cluster")) as cluster:
        yield cluster


def client(cluster: Cluster, **more: object) -> httpx.AsyncClient:
    headers = {"authorization": f"Bearer {cluster.key}"}
    context = cluster.context()
    url = cluster.url("user")
    return httpx.AsyncClient(base_url=url, verify=context, headers=headers, timeout=90, **more)


async def ask(client: httpx.AsyncClient, question: str = "What is a pod?") -> httpx.Response:
    headers = {"idempotency-key": uuid4().hex}
    return await client.post("/v1/questions", json={"question": question}, headers=headers)


def traced(cluster: Cluster, trace: str) -> set[str]:
    """The modules that logged something of a trace."""
    lines = cluster.logs().splitlines(keepends=True)
    events = [json.loads(line) for line in lines if line.endswith("\n")]
    return {event["module"] for event in events if event.get("trace_id") == trace}


async def test_question_goes_through_all_three(cluster: Cluster) -> None:
    async with client(cluster) as caller:
        reply = await ask(caller)
    assert reply.status_code == 201
    trace = reply.headers["x-trace-id"]
    end = monotonic() + 20
    # A module logs a request once its reply is on the way.
    while len(traced(cluster, trace)) < 3 and monotonic() < end:
        await asyncio.sleep(0.05)
    assert traced(cluster, trace) == {"user", "answer", "database"}


@pytest.mark.parametrize("module", ["answer", "database"])
@pytest.mark.parametrize("name", [None, "answer", "database"])
async def test_only_the_user_module_may_call(cluster: Cluster, module, name) -> None:
    async with httpx.AsyncClient(verify=cluster.context(name)) as caller:
        with pytest.raises(httpx.TransportError):
            await caller.get(f"{cluster.url(module)}/v1/statistics")


async def test_plain_http_and_old_tls_are_not_spoken(cluster: Cluster) -> None:
    async with httpx.AsyncClient() as caller:
        with pytest.raises(httpx.TransportError):
            await caller.get(cluster.url("user").replace("https", "http"))
    context = cluster.context()
    context.maximum_version = ssl.TLSVersion.TLSv1_2
    async with httpx.AsyncClient(verify=context) as caller:
        with pytest.raises(httpx.TransportError):
            await caller.get(cluster.url("user"))


async def test_probes_have_their_own_port(cluster: Cluster) -> None:
    async with httpx.AsyncClient(verify=cluster.context()) as caller:
        for port in cluster.probes.values():
            assert (await caller.get(f"https://localhost:{port}/livez")).status_code == 200
            metrics = await caller.get(f"https://localhost:{port}/metrics")
            assert "What is a pod" not in metrics.text
            assert (await caller.get(f"https://localhost:{port}/")).status_code == 404
        assert (await caller.get(f"{cluster.url('user')}/metrics")).status_code == 404


SMUGGLED = {
    "two framings": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
    b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "two lengths": b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n"
    b"Content-Length: 5\r\n\r\nabcd",
    "space before the colon": b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length : 4\r\n\r\nabcd",
    "line within a value": b"GET / HTTP/1.1\r\nHost: a\r\nX: 1\rY: 2\r\n\r\n",
    "unknown coding": b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n",
    "two hosts": b"GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
    "endless headers": b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 70_000 + b"\r\n\r\n",
}


@pytest.mark.parametrize("name", SMUGGLED)
async def test_smuggled_requests(cluster: Cluster, name: str) -> None:
    """Neither a second request nor a held connection comes out of an ambiguous one."""
    before = await malformed(cluster)
    with (
        socket.create_connection(("localhost", cluster.ports["user"])) as plain,
        cluster.context().wrap_socket(plain, server_hostname="localhost") as wrapped,
    ):
        wrapped.settimeout(30)
        reply = b""
        # The server may hang up before all of it was sent; then its reply is lost with the rest.
        with contextlib.suppress(ssl.SSLError, ConnectionError):
            wrapped.sendall(SMUGGLED[name] + b"GET /v1/statistics HTTP/1.1\r\nHost: a\r\n\r\n")
            while chunk := wrapped.recv(65536):
                reply += chunk
    assert not reply or reply.startswith((b"HTTP/1.1 400", b"HTTP/1.1 431", b"HTTP/1.1 501"))
    assert reply.count(b"HTTP/1.1 ") <= 1
    assert await malformed(cluster) == before + 1


async def malformed(cluster: Cluster) -> float:
    """How many malformed requests the user module refused."""
    async with client(cluster) as caller:
        text = (await caller.get(f"https://localhost:{cluster.probes['user']}/metrics")).text
    lines = [line for line in text.splitlines() if line.startswith("reference_app_refused_total{")]
    return sum(float(line.split()[-1]) for line in lines if 'reason="malformed"' in line)


async def keep_asking(cluster: Cluster, until: asyncio.Event) -> list[httpx.Response]:
    """Ask on new connections until an event, as a balancer's clients do."""
    replies = []
    while not until.is_set():
        async with client(cluster) as caller:
            number = len(replies)
            replies.append(await ask(caller, f"What is pod {number}?"))
            expected = f"You asked: What is pod {number}?"
            assert replies[-1].status_code == 201, replies[-1].text
            assert replies[-1].json()["answer"]["answer"] == expected
    return replies


def certificate(cluster: Cluster) -> str:
    """What the user module shows to its callers."""
    return ssl.get_server_certificate(("localhost", cluster.ports["user"]))


async def test_nothing_is_lost_while_keys_and_certificates_rotate(cluster: Cluster) -> None:
    before, until = certificate(cluster), asyncio.Event()
    asking = asyncio.create_task(keep_asking(cluster, until))
    sealing = cluster.folder / "sealing"
    for name in ("user", "database", "answer"):
        cluster.certify(name)
    replace(sealing, sealing.read_bytes() + new_key_line("second").encode())
    await asyncio.sleep(1)
    old, new = sealing.read_text().splitlines(keepends=True)
    replace(sealing, f"{new}{old}".encode())
    await asyncio.sleep(3)
    resealed = await asyncio.to_thread(cluster.run, "reseal")
    assert int(resealed.split()[0]) > 0
    replace(sealing, new.encode())
    await asyncio.sleep(1)
    until.set()
    replies = await asking
    assert len(replies) > 10
    async with client(cluster) as caller:
        found = (await caller.post("/v1/searches", json={"limit": 100})).json()
        assert len(found) == min(100, len(replies) + 1)
    assert certificate(cluster) != before
    assert cluster.logs().count("certificates loaded") >= 3


@pytest.mark.parametrize("name", ["answer", "database"])
async def test_nothing_is_lost_while_a_process_is_killed(cluster: Cluster, name: str) -> None:
    until = asyncio.Event()
    asking = [asyncio.create_task(keep_asking(cluster, until)) for _ in range(3)]
    await asyncio.sleep(0.5)
    cluster.processes[name].kill()
    cluster.processes[name].wait()
    cluster.start(name)
    await asyncio.to_thread(cluster.wait, name)
    await asyncio.sleep(0.5)
    until.set()
    assert all(len(replies) > 2 for replies in await asyncio.gather(*asking))


async def test_draining_finishes_what_was_begun(cluster: Cluster) -> None:
    process = cluster.processes["user"]
    async with client(cluster) as caller:
        await ask(caller)
        process.send_signal(signal.SIGTERM)
        await asyncio.sleep(0.1)
        reply = await ask(caller)
        assert (reply.status_code, reply.headers["connection"]) == (201, "close")
        probe = f"https://localhost:{cluster.probes['user']}/readyz"
        assert (await caller.get(probe)).status_code == 503
    assert await asyncio.to_thread(process.wait, 10) == 0
    cluster.start("user")
    await asyncio.to_thread(cluster.wait, "user")
