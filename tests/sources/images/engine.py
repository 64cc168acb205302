"""A registry of the tests' own, and a base image out of Debian packages."""

from __future__ import annotations

import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests import container_engine

PROGRAMS = ("mmdebstrap", "skopeo", "docker-registry", "htpasswd", "openssl")
USER, PASSWORD = "shop", "Tr0ubadour"
_PATH = "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def missing() -> str:
    """Why there can be no engine and no registry here; '' when there can."""
    return container_engine.missing(*PROGRAMS)


def base_image(folder: Path) -> Path:
    """A file system of Debian packages, from the machine's own mirror."""
    packed = folder / "base.tar"
    command = ["mmdebstrap", "--variant=minbase", "--quiet", "bookworm", str(packed)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return packed


def change() -> list[str]:
    """What an imported image does not have by itself."""
    return [_PATH, 'CMD ["/bin/bash"]']


@contextmanager
def registry(folder: Path) -> Iterator[str]:
    """Debian's registry with TLS and a password; yields host and port, leaves `ca.crt` behind."""
    _certificate(folder)
    entry = subprocess.run(
        ["htpasswd", "-nbB", USER, PASSWORD], check=True, capture_output=True, text=True
    )
    (folder / "htpasswd").write_text(entry.stdout)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    (folder / "registry.yml").write_text(
        f"""\
version: 0.1
storage: {{filesystem: {{rootdirectory: {folder}/blobs}}}}
http:
  addr: 127.0.0.1:{port}
  tls: {{certificate: {folder}/server.crt, key: {folder}/server.key}}
auth: {{htpasswd: {{realm: shop, path: {folder}/htpasswd}}}}
"""
    )
    command = ["docker-registry", "serve", str(folder / "registry.yml")]
    with container_engine.running(command, lambda: _listens(port), folder / "registry.log"):
        yield f"localhost:{port}"


def _listens(port: int) -> bool:
    with socket.socket() as client:
        return client.connect_ex(("127.0.0.1", port)) == 0


def _certificate(folder: Path) -> None:
    """An authority of its own, and what it signed for localhost."""
    for command in (
        "req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.crt -days 2 -subj /CN=tests",
        "req -newkey rsa:2048 -nodes -keyout server.key -out server.csr -subj /CN=localhost",
        "x509 -req -in server.csr -CA ca.crt -CAkey ca.key -CAcreateserial -out server.crt -days 2 "
        "-extfile names",
    ):
        (folder / "names").write_text("subjectAltName=DNS:localhost,IP:127.0.0.1\n")
        subprocess.run(["openssl", *command.split()], cwd=folder, check=True, capture_output=True)
