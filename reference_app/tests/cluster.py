"""The three modules as processes with mutual TLS, as a cluster runs them."""

import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, sleep

import httpx
import trustme

from reference_app.service.sealing import new_key_line
from reference_app.user.api_keys import new_key
from reference_app.user.principals import Role

HERE = Path(__file__).parent
MODULES = ("database", "answer", "user")
CALLERS = {"database": '["user"]', "answer": '["user"]', "user": "[]"}
START_SECONDS = 90.0
FAKE = (sys.executable, str(HERE / "fake_answers.py"))


def free_port() -> int:
    """A port that nobody uses just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def replace(path: Path, content: bytes) -> None:
    """Swap a file's content as Kubernetes does: at once."""
    partial = path.with_name(f".{path.name}.new")
    partial.write_bytes(content)
    os.replace(partial, path)


@dataclass
class Cluster:
    """Where everything is, and the processes that run."""

    folder: Path
    authority: trustme.CA = field(default_factory=trustme.CA)
    ports: dict[str, int] = field(default_factory=lambda: {name: free_port() for name in MODULES})
    probes: dict[str, int] = field(default_factory=lambda: {name: free_port() for name in MODULES})
    processes: dict[str, subprocess.Popen[bytes]] = field(default_factory=dict)
    more: dict[str, str] = field(default_factory=dict)
    program: tuple[str, ...] = FAKE
    key: str = ""

    def __post_init__(self) -> None:
        self.authority.cert_pem.write_to_path(self.folder / "ca.pem")
        for name in MODULES:
            self.certify(name)
        (self.folder / "sealing").write_text(new_key_line("first"))
        self.key, record = new_key("ann", frozenset({Role.ASKER, Role.ANALYST}))
        (self.folder / "api-keys").write_text(f"{record}\n")

    def certify(self, name: str) -> None:
        """Give a module a new certificate."""
        issued = self.authority.issue_cert(name, "localhost", "127.0.0.1")
        replace(self.folder / f"{name}.key", issued.private_key_pem.bytes())
        replace(self.folder / f"{name}.pem", b"".join(p.bytes() for p in issued.cert_chain_pems))

    def environment(self, name: str) -> dict[str, str]:
        """The settings of a module."""
        prefix, folder = "REFERENCE_APP_", self.folder
        settings = {
            "HOST": "127.0.0.1",
            "PORT": str(self.ports[name]),
            "MANAGEMENT_PORT": str(self.probes[name]),
            "TLS_CERTIFICATE": str(folder / f"{name}.pem"),
            "TLS_KEY": str(folder / f"{name}.key"),
            "TLS_AUTHORITY": str(folder / "ca.pem"),
            "TLS_PEERS": CALLERS[name],
            "KEYS_FILE": str(folder / "sealing"),
            "API_KEYS_FILE": str(folder / "api-keys"),
            "DATABASE_URL": f"sqlite:///{folder / 'data.db'}",
            "ANSWER_URL": f"https://localhost:{self.ports['answer']}",
            "DATABASE_SERVICE_URL": f"https://localhost:{self.ports['database']}",
            "QUESTIONS_PER_MINUTE": "100000",
            "DRAIN_SECONDS": "3",
            "REQUEST_SECONDS": "60",  # a busy machine starts a process slowly
            **self.more,
        }
        return {**os.environ, **{f"{prefix}{key}": value for key, value in settings.items()}}

    def run(self, *arguments: str, module: str = "database") -> str:
        """The output of a command that ends by itself."""
        return subprocess.run(
            [*self.program, *arguments],
            env=self.environment(module),
            check=True,
            capture_output=True,
            text=True,
            timeout=60,
        ).stdout

    def start(self, name: str) -> None:
        """Start a module; use `wait` to know that it is ready."""
        with (self.folder / f"{name}.log").open("ab") as log:
            self.processes[name] = subprocess.Popen(
                [*self.program, "serve", name],
                env=self.environment(name),
                stderr=log,
            )

    def wait(self, name: str) -> None:
        """Wait until a module is ready."""
        end = monotonic() + START_SECONDS
        while monotonic() < end:
            try:
                with httpx.Client(verify=self.context()) as client:
                    url = f"https://localhost:{self.probes[name]}/readyz"
                    if client.get(url).status_code == 200:
                        return
            except httpx.TransportError:
                pass
            sleep(0.1)
        raise AssertionError((self.folder / f"{name}.log").read_text()[-2000:])

    def context(self, name: str | None = None) -> ssl.SSLContext:
        """A caller's context; with a module's certificate when one is named."""
        context = ssl.create_default_context(cafile=str(self.folder / "ca.pem"))
        if name:
            context.load_cert_chain(self.folder / f"{name}.pem", self.folder / f"{name}.key")
        return context

    def url(self, name: str) -> str:
        """Where a module listens."""
        return f"https://localhost:{self.ports[name]}"

    def logs(self) -> str:
        """What all modules logged."""
        return "".join(path.read_text() for path in self.folder.glob("*.log"))


@contextmanager
def running_cluster(
    folder: Path, program: tuple[str, ...] = FAKE, **more: str
) -> Iterator[Cluster]:
    """Three ready processes, ended afterwards; `more` are settings."""
    cluster = Cluster(folder, more=more, program=program)
    cluster.run("migrate")
    try:
        for name in MODULES:
            cluster.start(name)
        for name in MODULES:
            cluster.wait(name)
        yield cluster
    finally:
        for process in cluster.processes.values():
            process.kill()
            process.wait()
