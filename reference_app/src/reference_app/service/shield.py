"""What surrounds every module: limits, time-outs, headers, traces, and replies without insides."""

import asyncio
import logging
from collections import Counter as Tally
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import perf_counter

from prometheus_client import Gauge, Histogram
from starlette.applications import Starlette
from starlette.datastructures import Headers, MutableHeaders
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute
from starlette.types import ASGIApp, Lifespan, Message, Receive, Scope, Send

from reference_app.service.logs import event, failure
from reference_app.service.refusals import REASON, Reason, RefusedError, count_refusal
from reference_app.service.state import State
from reference_app.service.tracing import serving

SECONDS = Histogram(
    "reference_app_request_seconds",
    "Duration of requests.",
    ["module", "endpoint", "status"],
    buckets=(0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.25, 0.5, 1, 2.5, 5, 10),
)
IN_FLIGHT = Gauge("reference_app_requests_in_flight", "Requests being answered.", ["module"])
ONCE = (
    "authorization",
    "content-length",
    "content-type",
    "cookie",
    "host",
    "idempotency-key",
    "traceparent",
    "transfer-encoding",
)
SECURITY_HEADERS = {
    "cache-control": "no-store",
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "same-origin",  # with none, browsers hide where a form comes from
    "strict-transport-security": "max-age=31536000; includeSubDomains",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}

PROBES = ("livez", "readyz", "metrics")

Render = Callable[[Request, RefusedError], Response]


@dataclass(frozen=True, slots=True)
class Limits:
    """How much of a module one request may take."""

    body: int = 16_384  # bytes
    seconds: float = 10.0


@dataclass(frozen=True, slots=True)
class Module:
    """Which module this is, and how it treats requests."""

    name: str
    state: State
    limits: Limits = Limits()
    trusts_trace: bool = True  # a caller from outside must not choose the ids of our logs


def as_json(_request: Request, refusal: RefusedError) -> Response:
    """A refusal as JSON."""
    content = {"error": refusal.reason.value, "message": refusal.message}
    return JSONResponse(content, refusal.reason.status, refusal.headers)


def shielded(
    module: Module,
    routes: Sequence[BaseRoute],
    lifespan: Lifespan[Starlette] | None = None,
    render: Render = as_json,
) -> Starlette:
    """The application of a module."""
    return Starlette(
        routes=routes,
        lifespan=lifespan,
        exception_handlers={HTTPException: _refuse_route},
        middleware=[
            Middleware(Observed, module=module),
            Middleware(Refusing, module=module, render=render),
            Middleware(Limited, limits=module.limits),
        ],
    )


def surrounded(app: ASGIApp, module: Module) -> ASGIApp:
    """An application that was put together elsewhere, with the same around it."""
    return Observed(Refusing(Limited(app, module.limits), module, as_json), module)


async def _refuse_route(_request: Request, error: Exception) -> Response:
    """Turn what the router refuses into our own kind of refusal."""
    status = error.status_code if isinstance(error, HTTPException) else 500
    reason = REASON.get(status, Reason.MALFORMED)
    raise RefusedError(reason, "there is nothing here for this request") from None


class Observed:
    """Traces, measures and logs each request, and adds the security headers to its reply."""

    def __init__(self, app: ASGIApp, module: Module) -> None:
        self._app = app
        self._module = module

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        module = self._module
        headers = dict(Headers(scope=scope)) if module.trusts_trace else None
        in_flight = IN_FLIGHT.labels(module.name).track_inprogress()
        with serving(module.name, headers) as trace_id, in_flight:
            reply = Reply(send, trace_id, module.state)
            started = perf_counter()
            try:
                await self._app(scope, receive, reply)
            finally:
                self._report(scope, reply.status, perf_counter() - started)
        return None

    def _report(self, scope: Scope, status: int, seconds: float) -> None:
        # The endpoint's name is ours; the path is the caller's, and may hold anything.
        endpoint = getattr(scope.get("endpoint"), "__name__", "unmatched")
        SECONDS.labels(self._module.name, endpoint, status).observe(seconds)
        if endpoint not in PROBES:
            event("served", endpoint=endpoint, status=status, seconds=round(seconds, 4))


class Reply:
    """Sends a reply with the headers that all replies have, and remembers its status."""

    def __init__(self, send: Send, trace_id: str, state: State) -> None:
        self.status = 0
        self._send = send
        self._trace_id = trace_id
        self._state = state

    async def __call__(self, message: Message) -> None:
        """Pass a part of the reply on."""
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            for name, value in SECURITY_HEADERS.items():
                headers.setdefault(name, value)
            headers["x-trace-id"] = self._trace_id
            if self._state.draining or self.status == Reason.MALFORMED.status:
                headers["connection"] = "close"
        await self._send(message)


class Refusing:
    """Turns whatever goes wrong into a counted reply that tells nothing of our insides."""

    def __init__(self, app: ASGIApp, module: Module, render: Render) -> None:
        self._app = app
        self._module = module
        self._render = render

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        started = False

        async def watch(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self._app(scope, receive, watch)
        except Exception as error:
            refusal = _refusal(error)
            count_refusal(self._module.name, refusal.reason)
            if not started:
                await self._render(Request(scope), refusal)(scope, receive, send)
        return None


def _refusal(error: Exception) -> RefusedError:
    if isinstance(error, RefusedError):
        return error
    if isinstance(error, TimeoutError):
        return RefusedError(Reason.TIMED_OUT, "this took too long, please ask again")
    event("failed", logging.ERROR, **failure(type(error), error.__traceback__))
    return RefusedError(Reason.FAILED, "something went wrong on our side")


class Limited:
    """Refuses headers with two meanings and bodies without end, and stops what takes too long."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app = app
        self._limits = limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            return await self._app(scope, receive, send)
        headers = Headers(scope=scope)
        _refuse_ambiguous(headers)
        self._refuse_large(int(headers.get("content-length", 0)))
        taken = 0

        async def limited() -> Message:
            nonlocal taken
            message = await receive()
            taken += len(message.get("body", b""))
            self._refuse_large(taken)
            return message

        async with asyncio.timeout(self._limits.seconds):
            await self._app(scope, limited, send)
        return None

    def _refuse_large(self, size: int) -> None:
        if size > self._limits.body:
            message = f"a request holds at most {self._limits.body} bytes"
            raise RefusedError(Reason.TOO_LARGE, message)


def _refuse_ambiguous(headers: Headers) -> None:
    """Two parties that read a request differently can be played against one another."""
    counted = Tally(name.lower() for name in headers)
    twice = any(counted[name] > 1 for name in ONCE)
    framed_twice = counted["content-length"] and counted["transfer-encoding"]
    if twice or framed_twice or not headers.get("content-length", "0").isdecimal():
        raise RefusedError(Reason.MALFORMED, "a header stands there twice or contradicts another")
