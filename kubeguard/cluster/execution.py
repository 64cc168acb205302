"""A command in a running container, by way of the API server (`pods/exec`)."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from typing import Any, NamedTuple

from kubeguard.errors import KubeguardError

_PROTOCOL = "v4.channel.k8s.io"
"""Every API server and kubelet speaks it; v5 is about the end of an input, and we send none."""
_STDOUT, _STATUS = 1, 3
"""Channels: the first byte of each message."""
_REFUSAL = 64 * 1024
"""Bytes of an API server's no that are read."""


class Execution(NamedTuple):
    """What a command wrote to standard output, and the Status of its end: None when that did not
    come in time, or before there was too much to read."""

    output: bytes
    status: dict[str, Any] | None


class HandshakeError(KubeguardError):
    """The API server's no, with its HTTP status."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status


def execute(
    client: Any, path: str, container: str, command: Sequence[str], seconds: float, most: int
) -> Execution:
    """Run a command in a container of the pod at `path`; `most` bytes are read, and a few more.

    Raises HandshakeError, and KubeguardError when the API server does not answer.
    """
    from websocket import WebSocketBadStatusException, WebSocketException

    query = [("container", container), ("stdout", "true"), *(("command", c) for c in command)]
    deadline = time.monotonic() + seconds
    try:
        connection = _connected(client, f"{path}/exec", query, seconds)
    except WebSocketBadStatusException as error:
        body = (error.resp_body or b"")[:_REFUSAL]
        raise HandshakeError(error.status_code, _message(body)) from None
    except (WebSocketException, OSError) as error:
        raise KubeguardError(f"the API server does not answer: {error}"[:1000]) from error
    try:
        return _read(connection, deadline, most)
    finally:
        connection.shutdown()


def _connected(client: Any, path: str, query: list[tuple[str, str]], seconds: float) -> Any:
    """A websocket.WebSocket, as `kubernetes.stream` makes it, but not waited for without end."""
    import ssl

    from kubernetes.stream.ws_client import get_websocket_url, websocket_proxycare
    from websocket import WebSocket

    request = client.param_serialize("GET", path, query_params=query, auth_settings=["BearerToken"])
    _, url, headers, *_ = request
    chosen = client.configuration
    tls = {
        "cert_reqs": ssl.CERT_REQUIRED if chosen.verify_ssl else ssl.CERT_NONE,
        "check_hostname": chosen.verify_ssl and chosen.assert_hostname is not False,
        "ca_certs": chosen.ssl_ca_cert,
        "certfile": chosen.cert_file,
        "keyfile": chosen.key_file,
        "server_hostname": chosen.tls_server_name,
    }
    connection: Any = WebSocket(
        sslopt={key: value for key, value in tls.items() if value is not None}
    )
    options: dict[str, Any] = {"timeout": seconds, "subprotocols": [_PROTOCOL]}
    if authorization := headers.get("authorization"):
        options["header"] = [f"authorization: {authorization}"]
    if chosen.proxy or chosen.proxy_headers:
        options = websocket_proxycare(options, chosen, url, headers)
    connection.connect(get_websocket_url(url), **options)
    return connection


def _read(connection: Any, deadline: float, most: int) -> Execution:
    from websocket import ABNF, WebSocketException

    output = b""
    while len(output) <= most and (left := deadline - time.monotonic()) > 0:
        connection.settimeout(left)
        try:
            kind, frame = connection.recv_data_frame(True)
        except (WebSocketException, OSError):
            break
        if kind == ABNF.OPCODE_CLOSE:
            break
        if kind not in (ABNF.OPCODE_BINARY, ABNF.OPCODE_TEXT) or not frame.data:
            continue
        channel, data = frame.data[0], frame.data[1:]
        if channel == _STDOUT:
            output += data
        elif channel == _STATUS and data:
            return Execution(output, _object(data))
    return Execution(output, None)


def _message(body: bytes) -> str:
    return str(_object(body).get("message") or body.decode(errors="replace"))


def _object(text: bytes) -> dict[str, Any]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
