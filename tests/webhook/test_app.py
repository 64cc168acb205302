"""The application without a server: limits, health, metrics, the journal."""

from __future__ import annotations

import asyncio
import json
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from reviews import POD, hook, review

from kubeguard.webhook.app import App, Limits
from kubeguard.webhook.health import Health
from kubeguard.webhook.hook import Answered, Webhook
from kubeguard.webhook.journal import Journal
from kubeguard.webhook.metrics import Metrics
from kubeguard.webhook.records import Recorder
from kubeguard.webhook.review import Request

BODY = json.dumps(review(POD)).encode()
Events = Callable[[], Awaitable[dict[str, Any]]]


class Slow:
    """A webhook that takes its time."""

    def __init__(self, inner: Webhook, seconds: float) -> None:
        self._inner = inner
        self._seconds = seconds
        self.quick = False

    def respond(self, request: Request) -> Answered:
        time.sleep(self._seconds)
        return self._inner.respond(request)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._inner, name)


class Client:
    """Speaks ASGI to an application."""

    def __init__(self, webhook: Any = None, limits: Limits = Limits(), **more: Any) -> None:  # noqa: B008
        self.lines: list[bytes] = []
        self.sent: list[dict[str, Any]] = []
        webhook = webhook or hook()
        health = more.pop("health", None) or Health(webhook.policy)
        self.app = App(webhook, Metrics(), Journal(self.lines.append), health, limits, **more)

    async def ask(
        self, method: str, path: str, body: bytes | Events = b"", query: bytes = b""
    ) -> tuple[int, bytes]:
        sent = self.sent = []

        async def once() -> dict[str, Any]:
            return {"type": "http.request", "body": body, "more_body": False}

        async def send(event: Any) -> None:
            sent.append(event)

        scope = {"type": "http", "http_version": "1.1", "method": method, "path": path}
        scope["query_string"] = query
        await self.app(scope, once if isinstance(body, bytes) else body, send)
        return sent[0]["status"], sent[1]["body"]

    def get(self, path: str, query: bytes = b"") -> tuple[int, str]:
        status, body = asyncio.run(self.ask("GET", path, query=query))
        return status, body.decode()

    def post(self, body: bytes | Events = BODY, query: bytes = b"") -> tuple[int, Any]:
        status, answer = asyncio.run(self.ask("POST", "/validate", body, query))
        return status, json.loads(answer)["response"] if status == 200 else answer.decode()

    @property
    def journal(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines]


def test_a_review_is_answered_logged_and_counted() -> None:
    client = Client()
    status, response = client.post()
    assert (status, response["uid"], response["allowed"]) == (200, "r-1", False)
    assert response["status"]["code"] == 403
    assert set(response["auditAnnotations"]) >= {"verdict", "policy", "deny", "milliseconds"}
    (line,) = client.journal
    assert line["user"] == "jane"
    assert line["object"] == "Pod shop/web"
    assert line["verdict"] == "deny"
    _, metrics = client.get("/metrics")
    assert 'kubeguard_requests_total{operation="CREATE",verdict="deny"} 1.0' in metrics
    assert 'kubeguard_findings_total{check="KG3019",mode="deny"} 1.0' in metrics
    assert "kubeguard_request_duration_seconds_count 1.0" in metrics
    assert f'kubeguard_policy_info{{fingerprint="{client.app.hook.policy}"}} 1.0' in metrics
    assert "kubeguard_requests_in_flight 0.0" in metrics


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/livez", 200),
        ("HEAD", "/livez", 200),
        ("GET", "/readyz", 200),
        ("GET", "/", 404),
        ("GET", "/validate", 405),
        ("POST", "/metrics", 405),
        ("POST", "/validate", 400),
    ],
)
def test_paths_and_methods(method: str, path: str, status: int) -> None:
    assert asyncio.run(Client().ask(method, path))[0] == status


def test_ready_says_what_is_in_force_and_what_is_not() -> None:
    health = Health("p1", time.time() + 3600, lambda: "kubeguard.yaml:1:1: unknown key 'x'")
    client = Client(health=health)
    assert client.get("/readyz") == (200, "ok\n")
    status, said = client.get("/readyz", b"verbose")
    assert status == 200
    assert said.splitlines()[0] == "policy p1: in force"
    assert said.splitlines()[1].startswith("certificate: valid until 20")
    assert said.splitlines()[2] == "not in force: kubeguard.yaml:1:1: unknown key 'x'"
    assert "kubeguard_reload_failed 1.0" in client.get("/metrics")[1]


def test_nobody_is_ready_with_an_expired_certificate() -> None:
    client = Client(health=Health("p1", time.time() - 1))
    assert client.get("/readyz") == (503, "the certificate has expired\n")


def test_a_body_has_a_limit() -> None:
    client = Client(limits=Limits(body_bytes=100))
    assert client.post(b" " * 101) == (413, "more than 100 bytes\n")


def test_a_body_that_drips_is_not_waited_for() -> None:
    async def drip() -> dict[str, Any]:
        await asyncio.sleep(0.02)
        return {"type": "http.request", "body": b" ", "more_body": True}

    client = Client(limits=Limits(body_seconds=0.1))
    assert client.post(drip) == (408, "no body within 0.1 s\n")


def test_a_client_that_goes_away() -> None:
    async def gone() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    assert Client().post(gone)[0] == 400


@pytest.mark.parametrize(("on_fault", "allowed"), [("deny", False), ("warn", True)])
def test_an_answer_comes_before_the_api_server_gives_up(
    tmp_path: Any, on_fault: str, allowed: bool
) -> None:
    webhook = Slow(hook(f"webhook: {{on_fault: {on_fault}}}", tmp_path), 0.5)
    client = Client(webhook, Limits(margin=0.05))
    start = time.perf_counter()

    async def both() -> tuple[int, bytes]:
        return await client.ask("POST", "/validate", BODY, b"timeout=200ms")

    loop = asyncio.new_event_loop()
    _, answer = loop.run_until_complete(both())
    assert time.perf_counter() - start < 0.4
    response = json.loads(answer)["response"]
    assert response["allowed"] is allowed
    assert "no judgement within" in json.dumps(response)
    loop.run_until_complete(asyncio.sleep(0.5))
    loop.close()


def test_too_many_at_a_time_get_an_answer() -> None:
    client = Client(Slow(hook(), 0.2), Limits(requests=2, threads=2))

    async def many() -> list[tuple[int, bytes]]:
        asking = (client.ask("POST", "/validate", BODY) for _ in range(5))
        return await asyncio.gather(*asking)

    responses = [json.loads(body)["response"] for _, body in asyncio.run(many())]
    assert len(responses) == 5
    full = [r for r in responses if r["status"]["code"] == 429]
    assert len(full) == 3
    assert full[0]["status"]["reason"] == "TooManyRequests"
    assert "too many requests at a time" in full[0]["status"]["message"]
    assert client.post()[1]["status"]["code"] == 403


@pytest.mark.parametrize("query", [b"timeout=x", b"timeout=9999999s", b"", b"timeout=-1s", b"%ff"])
def test_a_strange_timeout_is_our_own(query: bytes) -> None:
    assert Client().post(query=query)[0] == 200


def test_a_record_that_cannot_be_kept_changes_no_answer(tmp_path: Any) -> None:
    class Full(Recorder):
        def keep(self, body: bytes, stamp: str) -> None:
            raise OSError(28, "No space left on device")

    client = Client(recorder=Full(tmp_path))

    async def asked() -> tuple[int, bytes]:
        answer = await client.ask("POST", "/validate", BODY)
        await asyncio.sleep(0.1)
        return answer

    assert asyncio.run(asked())[0] == 200
    assert "No space left on device" in client.journal[-1]["why"]


def test_a_log_that_cannot_be_written_changes_no_answer() -> None:
    def full(_: bytes) -> None:
        raise OSError(28, "No space left on device")

    client = Client()
    client.app.journal = Journal(full)
    assert client.post()[0] == 200


def test_a_disk_that_hangs_holds_neither_answers_nor_memory() -> None:
    released, kept = threading.Event(), []

    class Hanging(Recorder):
        def __init__(self) -> None:
            pass

        def keep(self, body: bytes, stamp: str) -> None:
            released.wait(10)
            kept.append(body)

    client = Client(recorder=Hanging())
    try:
        assert [client.post()[0] for _ in range(100)] == [200] * 100
    finally:
        released.set()
    client.app._recording.shutdown()
    assert len(kept) == 64


@pytest.mark.parametrize("leaving", [False, True])
def test_connections_end_with_an_answer_once_another_process_takes_over(leaving: bool) -> None:
    client = Client(leaving=lambda: leaving)
    client.post()
    assert ((b"connection", b"close") in client.sent[0]["headers"]) is leaving


def test_uvicorn_and_others_begin_and_end_with_a_lifespan() -> None:
    events = [{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}]
    sent: list[Any] = []

    async def receive() -> Any:
        return events.pop(0)

    async def send(event: Any) -> None:
        sent.append(event["type"])

    asyncio.run(Client().app({"type": "lifespan"}, receive, send))
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]
