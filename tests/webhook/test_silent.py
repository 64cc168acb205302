"""Connections that say nothing are ended, and only those."""

from __future__ import annotations

import socket
import sys
import time

import pytest

from kubeguard.webhook.silent import end_silent_connections

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="reads /proc and tcp_info")


def test_only_what_is_silent_is_ended() -> None:
    with socket.create_server(("127.0.0.1", 0)) as ours, socket.create_server(("", 0)) as theirs:
        port = ours.getsockname()[1]
        silent, talking = (socket.create_connection(("127.0.0.1", port)) for _ in range(2))
        going_out = socket.create_connection(theirs.getsockname())
        pair = socket.socketpair()  # an event loop has one, without a port
        ends = [*pair, ours.accept()[0], ours.accept()[0], theirs.accept()[0]]
        end_silent_connections(port, 1.0)
        for _ in range(20):
            time.sleep(0.1)
            talking.send(b".")
        silent.settimeout(5)
        assert silent.recv(1) == b""
        for alive in (talking, going_out):
            alive.setblocking(False)
            with pytest.raises(BlockingIOError):
                alive.recv(1)
        ends.append(ours)
        for each in (silent, talking, going_out, *ends):
            each.close()
