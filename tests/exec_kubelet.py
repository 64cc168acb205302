"""What answers the API server for a node when somebody runs `kubectl exec`: a real process.

    with ExecKubelet(run) as kubelet, FakeKubelet(cluster, port=kubelet.port):
        ...

`run` turns namespace, pod, container and command into the command that is really started.
Kubelets answer by WebSocket (v4.channel.k8s.io) what was asked by WebSocket.
"""

from __future__ import annotations

import base64
import hashlib
import json
import ssl
import struct
import subprocess
import threading
from collections.abc import Callable, Sequence
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Self
from urllib.parse import parse_qs, urlsplit

Run = Callable[[str, str, Sequence[str]], Sequence[str] | None]
"""Pod, container, command; None for a program that is not there."""

_GUID = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
_BINARY, _CLOSE = 2, 8
_STDOUT, _STATUS = 1, 3
_CHUNK = 32 * 1024


class ExecKubelet:
    """The port of a node's kubelet, with a certificate that the API server does not look at."""

    def __init__(self, certificate: tuple[Path, Path], run: Run) -> None:
        self.run = run
        self.asked: list[tuple[str, str, str]] = []
        """Pod, container and program of each request."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(*certificate)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._server.socket = context.wrap_socket(
            self._server.socket, server_side=True, do_handshake_on_connect=False
        )
        self.port = int(self._server.server_address[1])

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        kubelet = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                url = urlsplit(self.path)
                _, _, _, pod, container = url.path.split("/")
                command = parse_qs(url.query)["command"]
                kubelet.asked.append((pod, container, command[0]))
                key = self.headers["Sec-WebSocket-Key"] + _GUID
                accept = base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()
                self.send_response(101)
                self.send_header("Upgrade", "websocket")
                self.send_header("Connection", "Upgrade")
                self.send_header("Sec-WebSocket-Accept", accept)
                self.send_header("Sec-WebSocket-Protocol", "v4.channel.k8s.io")
                self.end_headers()
                self.close_connection = True
                try:
                    status = self._ran(kubelet.run(pod, container, command))
                    self._send(_STATUS, json.dumps(status).encode())
                    self.wfile.write(bytes([0x80 | _CLOSE, 0]))
                except OSError:
                    pass  # nobody listens any more

            def _ran(self, command: Sequence[str] | None) -> dict[str, object]:
                if command is None:
                    message = 'exec: "it": executable file not found in $PATH: unknown'
                    return {"status": "Failure", "reason": "InternalError", "message": message}
                process = subprocess.Popen(
                    command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, bufsize=0
                )
                assert process.stdout
                with process:
                    try:
                        while chunk := process.stdout.read(_CHUNK):
                            self._send(_STDOUT, chunk)
                    except OSError:
                        process.kill()
                        raise
                return _status(process.returncode)

            def _send(self, channel: int, data: bytes) -> None:
                payload = bytes([channel]) + data
                head = bytes([0x80 | _BINARY])
                if len(payload) < 126:
                    head += bytes([len(payload)])
                else:
                    head += bytes([127]) + struct.pack(">Q", len(payload))
                self.wfile.write(head + payload)

            def log_message(self, format: str, *args: object) -> None:
                pass

        return Handler


def _status(code: int) -> dict[str, object]:
    if code == 0:
        return {"metadata": {}, "status": "Success"}
    return {
        "metadata": {},
        "status": "Failure",
        "reason": "NonZeroExitCode",
        "message": f"command terminated with non-zero exit code: exit status {code}",
        "details": {"causes": [{"reason": "ExitCode", "message": str(code)}]},
    }
