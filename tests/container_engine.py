"""Docker for tests: an engine of their own, newer than the system's where there is one.

`KUBEGUARD_ENGINE` is a folder that scripts/engine has filled: Docker with BuildKit and Compose.
`KUBEGUARD_DOCKER_HOST` is the address of an engine that runs already and may be used instead.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

_PLUGINS = "usr/libexec/docker/cli-plugins"


@dataclass(frozen=True)
class Engine:
    """An engine that runs: its address, and the environment in which `docker` finds it."""

    address: str
    environment: Mapping[str, str]

    def docker(self, *arguments: str, timeout: float = 300, input: str = "") -> str:
        """What `docker` prints; fails the test with what it says when it does not succeed."""
        done = self.tried(*arguments, timeout=timeout, input=input)
        assert done.returncode == 0, f"docker {' '.join(arguments)}\n{done.stderr[-4000:]}"
        return done.stdout.strip()

    def tried(
        self, *arguments: str, timeout: float = 300, input: str = ""
    ) -> subprocess.CompletedProcess[str]:
        """`docker`, whatever becomes of it."""
        return subprocess.run(
            ["docker", *arguments],
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=timeout,
            input=input,
        )

    def has(self, plugin: str) -> bool:
        """Whether `docker PLUGIN` is there: buildx, compose."""
        return self.tried(plugin, "version").returncode == 0


def missing(*programs: str) -> str:
    """Why there can be no engine here, or which of these programs is not here; '' if all is."""
    if absent := [program for program in programs if not shutil.which(program)]:
        return f"{', '.join(absent)} not installed"
    if os.environ.get("KUBEGUARD_DOCKER_HOST"):
        return ""
    if os.name != "posix" or os.geteuid():
        return "only root starts dockerd"
    wanted = ("dockerd", "docker", "runc", "iptables")
    if absent := [program for program in wanted if not shutil.which(program, path=_path())]:
        return f"{', '.join(absent)} not installed"
    if _is_running("dockerd"):
        return "another dockerd runs here, and would lose its bridge"
    return ""


@contextmanager
def started() -> Iterator[Engine]:
    """The engine that runs already, or one with a short path, since its socket lies in there."""
    folder = Path(tempfile.mkdtemp(prefix="kg-", dir="/tmp"))
    try:
        if address := os.environ.get("KUBEGUARD_DOCKER_HOST"):
            yield Engine(address, _environment(address, folder))
            return
        with _dockerd(folder) as address:
            yield Engine(address, _environment(address, folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def _dockerd(folder: Path) -> Iterator[str]:
    sock = folder / "docker.sock"
    command = [str(shutil.which("dockerd", path=_path()))]
    command += ["--data-root", f"{folder}/data", "--exec-root", f"{folder}/exec"]
    command += ["-H", f"unix://{sock}", "--pidfile", f"{folder}/pid"]
    import fcntl  # which Windows does not have

    with open(Path(tempfile.gettempdir(), "kubeguard-dockerd.lock"), "wb") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # engines of several test processes would share a bridge
        with running(command, lambda: _answers(sock), folder / "dockerd.log", PATH=_path()):
            yield f"unix://{sock}"


def _environment(address: str, folder: Path) -> dict[str, str]:
    """For `docker`: neither settings nor passwords of whoever runs the tests."""
    plugins = {"cliPluginsExtraDirs": [f"{_unpacked()}/{_PLUGINS}"]} if _unpacked() else {}
    (folder / "config.json").write_text(json.dumps(plugins))
    kept = {key: value for key, value in os.environ.items() if not key.startswith("DOCKER_")}
    return kept | {"PATH": _path(), "DOCKER_HOST": address, "DOCKER_CONFIG": str(folder)}


def _unpacked() -> str:
    return os.environ.get("KUBEGUARD_ENGINE", "")


def _path() -> str:
    """Where programs are looked for: first among those that scripts/engine has unpacked."""
    own = [f"{_unpacked()}/usr/sbin", f"{_unpacked()}/usr/bin"] if _unpacked() else []
    return os.pathsep.join([*own, os.environ["PATH"]])


def _is_running(program: str) -> bool:
    for process in Path("/proc").glob("[0-9]*/comm"):
        try:
            if process.read_text().strip() == program:
                return True
        except OSError:
            continue  # it has ended
    return False


@contextmanager
def running(
    command: list[str], ready: Callable[[], bool], log: Path, **environment: str
) -> Iterator[None]:
    """A server from the moment it answers; ended afterwards."""
    with open(log, "wb") as output:
        process = subprocess.Popen(
            command, stdout=output, stderr=output, env={**os.environ, **environment}
        )
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


def _answers(sock: Path) -> bool:
    try:
        with socket.socket(socket.AF_UNIX) as client:
            client.settimeout(2)
            client.connect(str(sock))
            client.sendall(b"GET /_ping HTTP/1.0\r\n\r\n")
            return b"200 OK" in client.recv(100)
    except OSError:
        return False
