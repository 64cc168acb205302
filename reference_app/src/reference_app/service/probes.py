"""The three questions that every module answers to its cluster."""

from collections.abc import Awaitable, Callable

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Receive, Scope, Send

from reference_app.service.refusals import Reason, RefusedError
from reference_app.service.state import State

PATHS = frozenset({"/livez", "/readyz", "/metrics"})

Check = Callable[[], Awaitable[bool]]


async def always() -> bool:
    """A module that needs nothing else to do its work."""
    return True


def probes(state: State, check: Check = always) -> list[Route]:
    """Routes for life, readiness and metrics; who drains is not ready, nor whose check fails."""

    async def livez(_request: Request) -> Response:
        return PlainTextResponse("alive\n")

    async def readyz(_request: Request) -> Response:
        if state.draining or not await check():
            raise RefusedError(Reason.UNAVAILABLE, "not ready")
        return PlainTextResponse("ready\n")

    async def metrics(_request: Request) -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return [Route(f"/{endpoint.__name__}", endpoint) for endpoint in (livez, readyz, metrics)]


class Part:
    """An application of which a port shows only the probes, or only the rest."""

    def __init__(self, app: ASGIApp, probes: bool) -> None:
        self._app = app
        self._probes = probes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request, and know no path of the other part."""
        if scope["type"] == "http" and (scope["path"] in PATHS) is not self._probes:
            scope = {**scope, "path": "/hidden", "raw_path": b"/hidden"}
        await self._app(scope, receive, send)
