"""Ends connections that say nothing: whoever opens thousands of them must not keep others out."""

from __future__ import annotations

import os
import socket
import sys
import time
from collections.abc import Iterator
from contextlib import suppress
from threading import Thread

SILENCE = 120.0
"""Seconds without a byte; an API server ends its own idle connections after 90."""
_LAST_DATA_RECEIVED = 52
"""Where `struct tcp_info` (linux/tcp.h) has the milliseconds since data came."""


def end_silent_connections(port: int, seconds: float = SILENCE) -> None:
    """Look at the connections to this port of this process, from a thread of its own."""
    if sys.platform == "linux":
        Thread(target=_watch, args=(port, seconds), name="silence", daemon=True).start()


def _watch(port: int, seconds: float) -> None:
    while True:
        time.sleep(seconds / 4)
        for connection in _sockets():
            with connection, suppress(OSError):  # closed already
                if _port(connection) == port and _silence(connection) > seconds:
                    connection.shutdown(socket.SHUT_RDWR)


def _sockets() -> Iterator[socket.socket]:
    """Copies of the sockets of this process; a number may have become another file meanwhile."""
    for number in os.listdir("/proc/self/fd"):
        with suppress(OSError):
            if os.readlink(f"/proc/self/fd/{number}").startswith("socket:"):
                yield socket.socket(fileno=os.dup(int(number)))


def _port(connection: socket.socket) -> int:
    """The port of this side, 0 for what has none."""
    if connection.family not in (socket.AF_INET, socket.AF_INET6):
        return 0
    return int(connection.getsockname()[1])


def _silence(connection: socket.socket) -> float:
    """Seconds since the other side sent something. Raises OSError for what is not connected."""
    connection.getpeername()
    info = connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _LAST_DATA_RECEIVED + 4)
    return int.from_bytes(info[-4:], sys.byteorder) / 1000
