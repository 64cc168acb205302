"""Serves applications until the process is told to end, and ends without losing a request."""

import asyncio
import contextlib
import signal
import ssl
from collections.abc import Iterator
from dataclasses import dataclass

import h11
import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.h11_impl import H11Protocol

from reference_app.service.refusals import Reason, count_refusal
from reference_app.service.state import State
from reference_app.service.tls import peer_names

LARGEST_HEADERS = 16_384  # bytes
PIECE = 4096  # bytes read at a time, by which headers may be longer
HEADERS_SECONDS = 10.0  # for the headers of a request to arrive
MOST_CONNECTIONS = 1000
IDLE = 30  # seconds a connection may wait for its next request


@dataclass(frozen=True, slots=True)
class Listener:
    """An application at a port."""

    app: ASGIApp
    host: str
    port: int
    context: ssl.SSLContext | None = None
    peers: frozenset[str] = frozenset()  # whoever has a certificate, when none is named
    lifespan: bool = True


class Server(uvicorn.Server):
    """A server of several in a process, which leaves signals to the process."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


async def serve(listeners: list[Listener], state: State, drain_seconds: float) -> None:
    """Serve until SIGTERM (drain first, so that balancers look away) or SIGINT (at once)."""
    servers = [Server(_config(listener)) for listener in listeners]
    loop = asyncio.get_running_loop()

    def finish() -> None:
        for server in servers:
            server.should_exit = True

    def drain() -> None:
        state.draining = True
        loop.call_later(drain_seconds, finish)

    loop.add_signal_handler(signal.SIGTERM, drain)
    loop.add_signal_handler(signal.SIGINT, finish)
    await asyncio.gather(*(server.serve() for server in servers))


def _config(listener: Listener) -> uvicorn.Config:
    context = listener.context
    return uvicorn.Config(
        listener.app,
        host=listener.host,
        port=listener.port,
        http=guarded(listener.peers),  # h11: strict about what a request is, where speed is not
        ws="none",
        lifespan="on" if listener.lifespan else "off",
        ssl_context_factory=None if context is None else lambda *_: context,
        h11_max_incomplete_event_size=LARGEST_HEADERS,
        limit_concurrency=MOST_CONNECTIONS,
        timeout_keep_alive=IDLE,
        timeout_graceful_shutdown=30,
        proxy_headers=False,  # nobody's word counts for where a request comes from
        server_header=False,
        access_log=False,
        log_config=None,
    )


def guarded(peers: frozenset[str]) -> type[H11Protocol]:
    """A protocol for these peers alone, which does not wait forever for the end of headers."""

    class Guarded(H11Protocol):
        _deadline: asyncio.TimerHandle | None = None

        def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
            super().connection_made(transport)
            if peers and not peers & peer_names(transport.get_extra_info("peercert")):
                count_refusal("connection", Reason.WRONG_PEER)
                transport.abort()
            self._expect_headers()

        def data_received(self, data: bytes) -> None:
            # h11 asks how long headers are only while they are incomplete, so that what arrives
            # in one piece could be of any length.
            for start in range(0, len(data), PIECE):
                if self.transport.is_closing():
                    break
                super().data_received(data[start : start + PIECE])
            if self.conn.their_state is not h11.IDLE:
                self._stop_waiting()
            elif self._deadline is None:
                self._expect_headers()

        def connection_lost(self, exc: Exception | None) -> None:
            self._stop_waiting()
            super().connection_lost(exc)

        def send_400_response(self, msg: str) -> None:
            count_refusal("connection", Reason.MALFORMED)
            super().send_400_response(msg)

        def _expect_headers(self) -> None:
            self._deadline = self.loop.call_later(HEADERS_SECONDS, self.transport.abort)

        def _stop_waiting(self) -> None:
            if self._deadline is not None:
                self._deadline.cancel()
                self._deadline = None

    return Guarded
