"""A container engine and a registry of the tests' own, and a base image out of Debian packages."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

PROGRAMS = ("dockerd", "mmdebstrap", "skopeo", "docker-registry", "htpasswd", "openssl", "iptables")
USER, PASSWORD = "shop", "Tr0ubadour"
_PATH = "ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def missing() -> str:
    """Why there can be no engine here; '' when there can."""
    if os.name != "posix" or os.geteuid():
        return "only root starts dockerd"
    if absent := [program for program in PROGRAMS if not shutil.which(program)]:
        return f"{', '.join(absent)} not installed"
    if _is_running("dockerd"):
        return "another dockerd runs here, and would lose its bridge"
    return ""


def _is_running(program: str) -> bool:
    for process in Path("/proc").glob("[0-9]*/comm"):
        try:
            if process.read_text().strip() == program:
                return True
        except OSError:
            continue  # it has ended
    return False


@contextmanager
def _running(
    command: list[str], ready: Callable[[], bool], log: Path, **env: str
) -> Iterator[None]:
    with open(log, "wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output, env={**os.environ, **env})
    try:
        for _ in range(300):
            if ready() or process.poll() is not None:
                break
            time.sleep(0.1)
        assert process.poll() is None, log.read_text(errors="replace")[-2000:]
        assert ready(), f"{command[0]} does not answer"
        yield
    finally:
        process.terminate()
        process.wait(30)


@contextmanager
def engine(folder: Path) -> Iterator[str]:
    """dockerd; yields the address of its socket, whose path has to be short."""
    sock = folder / "docker.sock"
    command = ["dockerd", "--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec"]
    command += ["-H", f"unix://{sock}", "--pidfile", f"{folder}/pid"]
    import fcntl

    with open(Path(tempfile.gettempdir(), "kubeguard-dockerd.lock"), "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # engines of several test processes would share a bridge
        try:
            with _running(command, lambda: _answers(sock), folder / "dockerd.log"):
                yield f"unix://{sock}"
        finally:
            shutil.rmtree(folder, ignore_errors=True)


def _answers(sock: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(2)
            client.connect(str(sock))
            client.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return b"200 OK" in client.recv(100)
    except OSError:
        return False


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
    with _running(command, lambda: _listens(port), folder / "registry.log"):
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
