"""The webhook as an ASGI application: moves bytes, keeps limits, never judges.

https://asgi.readthedocs.io/en/latest/specs/main.html
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import parse_qs

from kubeguard.webhook.health import Health
from kubeguard.webhook.hook import Answered, Webhook
from kubeguard.webhook.journal import Journal
from kubeguard.webhook.records import Recorder
from kubeguard.webhook.review import BadReviewError, Request, decode, encode

if TYPE_CHECKING:
    from kubeguard.webhook.metrics import Metrics

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]

_SECONDS = {"ms": 0.001, "s": 1.0, "m": 60.0}
_DURATION = re.compile(r"(\d{1,6}(?:\.\d{1,6})?)(ms|s|m)", re.ASCII)
_MOST_UNRECORDED = 64
"""Reviews that wait for the disk; what comes while it is slower than that is not kept."""


class Limits(NamedTuple):
    """What one request may cost, and how many there may be at a time."""

    body_bytes: int = 8 * 1024 * 1024
    """An object has at most 1.5 MiB in etcd; a review has two."""
    body_seconds: float = 5.0
    seconds: float = 10.0
    """To answer, where the API server does not say; it then gives up."""
    margin: float = 0.3
    """Seconds before the API server gives up at which there is an answer."""
    requests: int = 128
    threads: int = 4
    at_once_bytes: int = 32 * 1024
    """A smaller review is judged where it arrives: sooner than a thread could take it over."""


class RefusedError(Exception):
    """A request that is answered with an HTTP status instead of a review."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status


class App:
    """`/validate`, `/livez`, `/readyz` and `/metrics`."""

    def __init__(
        self,
        hook: Webhook,
        metrics: Metrics,
        journal: Journal,
        health: Health,
        limits: Limits = Limits(),  # noqa: B008 - a constant
        recorder: Recorder | None = None,
        leaving: Callable[[], bool] = lambda: False,
    ) -> None:
        """`leaving` says whether another process takes over: connections of HTTP/1.1 then end with
        the answer, and not while the next request is on its way."""
        self.hook = hook
        self.metrics = metrics
        self.journal = journal
        self.health = health
        self.limits = limits
        self.recorder = recorder
        self._in_flight = 0
        self._threads = ThreadPoolExecutor(limits.threads, "judge")
        self._leaving = leaving
        self._recording = ThreadPoolExecutor(1, "record")
        self._unrecorded = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            await _lifespan(receive, send)
        elif scope["type"] == "http":
            try:
                status, kind, body = await self._answer(scope, receive)
            except RefusedError as error:
                self.metrics.refused(error.status)
                status, kind, body = error.status, b"text/plain", f"{error}\n".encode()
            last = self._leaving() and scope["http_version"] != "2"
            await _send(send, status, kind, body, _LAST if last else ())

    async def _answer(self, scope: Scope, receive: Receive) -> tuple[int, bytes, bytes]:
        path, method = scope["path"], scope["method"]
        if path == "/validate":
            if method != "POST":
                raise RefusedError(405, "POST an AdmissionReview")
            return 200, b"application/json", await self._validate(scope, receive)
        if method not in ("GET", "HEAD"):
            raise RefusedError(405, "GET it")
        if path == "/livez":
            return 200, b"text/plain", b"ok\n"
        if path == "/readyz":
            ready, said = self.health.said(b"verbose" in scope["query_string"])
            return 200 if ready else 503, b"text/plain", said.encode()
        if path == "/metrics":
            self.health.measure(self.metrics)
            return 200, self.metrics.content_type, self.metrics.text()
        raise RefusedError(404, "there are /validate, /livez, /readyz and /metrics")

    async def _validate(self, scope: Scope, receive: Receive) -> bytes:
        start = time.perf_counter()
        body = await _body(receive, self.limits)
        try:
            request = decode(body)
        except BadReviewError as error:
            raise RefusedError(400, error.message) from None
        if len(body) < self.limits.at_once_bytes and self.hook.quick:
            answered = self.hook.respond(request)
        else:
            budget = _budget(scope["query_string"], self.limits)
            answered = await self._judged(request, budget - (time.perf_counter() - start))
        spent = time.perf_counter() - start
        self.metrics.answered(request, answered, spent)
        self.journal.answered(request, answered, spent)
        if self.recorder and self._unrecorded < _MOST_UNRECORDED:
            self._unrecorded += 1
            self._recording.submit(self._record, body)
        told = {**answered.response.annotations, "milliseconds": f"{spent * 1000:.2f}"}
        return encode(request.uid, answered.response._replace(annotations=told))

    def _record(self, body: bytes) -> None:
        """Keep a review; a full disk is no reason to answer otherwise."""
        assert self.recorder
        try:
            self.recorder.keep(body, f"{time.time_ns():020}")
        except OSError as error:
            self.journal.event("fault", why=f"a review cannot be kept: {error}")
        finally:
            self._unrecorded -= 1

    async def _judged(self, request: Request, seconds: float) -> Answered:
        """A judgement within the time that is left, or an answer without one."""
        if self._in_flight >= self.limits.requests:
            return self.hook.unjudged(request, "too many requests at a time", 429)
        self._in_flight += 1
        self.metrics.in_flight(self._in_flight)
        loop = asyncio.get_running_loop()
        judging = loop.run_in_executor(self._threads, self.hook.respond, request)
        judging.add_done_callback(self._done)
        try:
            return await asyncio.wait_for(asyncio.shield(judging), max(seconds, 0))
        except TimeoutError:
            return self.hook.unjudged(request, f"no judgement within {seconds:.3g} s")

    def _done(self, _: object) -> None:
        """A judgement counts until it is there, even when nobody waits for it any more."""
        self._in_flight -= 1
        self.metrics.in_flight(self._in_flight)


def _budget(query: bytes, limits: Limits) -> float:
    """Seconds to the answer: what the API server waits, and not all of it."""
    said = parse_qs(query.decode("latin-1")).get("timeout", [""])[0]
    found = _DURATION.fullmatch(said)
    seconds = float(found[1]) * _SECONDS[found[2]] if found else limits.seconds
    return max(min(seconds, limits.seconds) - limits.margin, limits.margin)


async def _body(receive: Receive, limits: Limits) -> bytes:
    """The body, if it is here in time and not too large. Raises RefusedError."""
    parts: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(limits.body_seconds):
            while True:
                event = await receive()
                if event["type"] == "http.disconnect":
                    raise RefusedError(400, "the client has gone")
                parts.append(event.get("body", b""))
                size += len(parts[-1])
                if size > limits.body_bytes:
                    raise RefusedError(413, f"more than {limits.body_bytes} bytes")
                if not event.get("more_body", False):
                    return b"".join(parts)
    except TimeoutError:
        raise RefusedError(408, f"no body within {limits.body_seconds:g} s") from None


async def _lifespan(receive: Receive, send: Send) -> None:
    while True:
        event = await receive()
        await send({"type": f"{event['type']}.complete"})
        if event["type"] == "lifespan.shutdown":
            return


_Headers = tuple[tuple[bytes, bytes], ...]
_LAST: _Headers = ((b"connection", b"close"),)


async def _send(send: Send, status: int, kind: bytes, body: bytes, more: _Headers = ()) -> None:
    headers = [(b"content-type", kind), (b"content-length", str(len(body)).encode()), *more]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
