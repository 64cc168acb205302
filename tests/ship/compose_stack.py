"""The reference stack of Compose, as somebody puts it on a machine, and questions to it."""

from __future__ import annotations

import http.client
import json
import os
import secrets
import shutil
import socket
import ssl
import threading
import time
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

from click.testing import CliRunner, Result
from stacks import ROOT

from kubeguard.cli import kubeguard
from tests.container_engine import Engine

FILE = ROOT / "manifests" / "compose" / "compose.yaml"
SERVICES = ("user", "answer", "database", "postgresql", "redis")
RELEASE = "kubeguard-test-reference"
_PATIENCE = 90.0
"""Seconds in which every question has to have its answer, whatever is killed meanwhile."""
_KEYS = 16
"""Each may ask thirty questions in a minute."""
_ALLOWED = "~reference_app/* +get +set"
"""Redis 7.0 does not know `client|setinfo` here; that it is refused stops nobody."""
_MAKE_KEYS = """
import sys
from reference_app.user.api_keys import new_key
from reference_app.user.principals import Role
for number in range({count}):
    roles = [Role.ASKER] + [Role.ANALYST] * (number == 0)
    key, record = new_key(f"asker-{{number}}", frozenset(roles))
    print(key, record, sep="\\t")
"""


class Images(NamedTuple):
    """What the stack runs."""

    application: str
    postgresql: str
    redis: str

    @property
    def variables(self) -> dict[str, str]:
        return {
            "APP_IMAGE": self.application,
            "POSTGRESQL_IMAGE": self.postgresql,
            "REDIS_IMAGE": self.redis,
        }


class Stack(NamedTuple):
    """A folder with the Compose file and its secrets, and who may ask."""

    folder: Path
    engine: Engine
    environment: Mapping[str, str]
    keys: tuple[str, ...]

    def deploy(self, *arguments: str) -> Result:
        """`kubeguard deploy ... --target compose`."""
        command = ["deploy", *arguments, "--target", "compose"]
        return CliRunner().invoke(kubeguard, command, env=dict(self.environment))

    def state(self, service: str) -> dict[str, Any]:
        """What the engine says of the one container of a service."""
        found: dict[str, Any] = json.loads(
            self.engine.docker("inspect", f"{RELEASE}-{service}-1", "--format={{json .State}}")
        )
        return found

    def kill(self, service: str) -> None:
        """As the kernel kills it: `docker kill` would tell the engine that it was meant."""
        os.kill(self.state(service)["Pid"], 9)


def prepared(folder: Path, engine: Engine, images: Images, trusted: bytes) -> Stack:
    """All that the head of the Compose file asks for, made with what it names."""
    shutil.copyfile(FILE, folder / "compose.yaml")
    environment = {
        **engine.environment,
        **images.variables,
        "XDG_STATE_HOME": str(folder / "state"),
    }
    made = engine.docker(
        *("run", "--rm", "--network=none", "--entrypoint=python3", images.application),
        *("-c", _MAKE_KEYS.format(count=_KEYS)),
    )
    pairs = [line.split("\t") for line in made.splitlines() if line.startswith("qa_")]
    stack = Stack(folder, engine, environment, tuple(key for key, _ in pairs))
    file = str(folder / "compose.yaml")
    result = stack.deploy("certificates", *SERVICES, "-f", file)
    assert result.exit_code == 0, result.output
    password, other = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
    sealing = engine.docker(
        "run", "--rm", "--network=none", images.application, "sealing-key", "k1"
    )
    at, checked = "postgresql:5432/reference_app", "sslrootcert=/run/secrets/authority.crt"
    texts = {
        "api-keys": "".join(f"{record}\n" for _, record in pairs),
        "sealing-keys": sealing.splitlines()[-1] + "\n",
        "trusted.pem": trusted.decode(),
        "postgresql-password": password,
        "database-url": f"postgresql://reference_app:{password}@{at}?sslmode=verify-full&{checked}",
        "redis-acl": f"user default off\nuser reference_app on >{other} {_ALLOWED}\n",
        "cache-url": f"rediss://reference_app:{other}@redis:6379/0",
    }
    owners = {"postgresql-password": 999, "redis-acl": 999}
    for name, text in texts.items():
        secret = folder / "secrets" / name
        secret.write_text(text)
        secret.chmod(0o400)
        os.chown(secret, owners.get(name, 65532), -1)
    return stack


class _Connection(http.client.HTTPSConnection):
    """To this machine, by the name in the certificate."""

    def connect(self) -> None:
        plain = socket.create_connection(("127.0.0.1", 8443), timeout=10)
        self.sock = self._context.wrap_socket(plain, server_hostname="user")  # type: ignore[attr-defined]


class Reply(NamedTuple):
    """What came back; status 0 when nothing did."""

    status: int
    place: str = ""
    body: bytes = b""


class Client:
    """Somebody who asks over TLS, on a connection that is opened again when it has broken."""

    def __init__(self, stack: Stack, key: str) -> None:
        authority = stack.folder / "secrets" / "authority.crt"
        self._context = ssl.create_default_context(cafile=str(authority))
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
        self._connection = _Connection("user", context=self._context)

    def send(self, method: str, path: str, body: str = "", **headers: str) -> Reply:
        more = {name.replace("_", "-"): value for name, value in headers.items()}
        try:
            self._connection.request(method, path, body or None, self._headers | more)
            response = self._connection.getresponse()
            return Reply(response.status, response.getheader("location") or "", response.read())
        except (OSError, http.client.HTTPException):
            self.close()
            self._connection = _Connection("user", context=self._context)
            return Reply(0)

    def ask(self, question: str) -> str:
        """Ask until there is an answer, as one exchange; where that is kept."""
        key, deadline = str(uuid.uuid4()), time.monotonic() + _PATIENCE
        reply = Reply(0)
        while time.monotonic() < deadline:
            body = json.dumps({"question": question})
            reply = self.send("POST", "/v1/questions", body, Idempotency_Key=key)
            if reply.status in (201, 409) and reply.place:
                return reply.place
            assert reply.status in (0, 429, 500, 502, 503, 504), reply
            time.sleep(0.2)
        raise AssertionError(f"no answer within {_PATIENCE:.0f} s, but {reply}")

    def close(self) -> None:
        self._connection.close()


class Load:
    """Questions that several clients ask all the time, and the exchanges that were acknowledged."""

    def __init__(self, stack: Stack) -> None:
        self.acknowledged: dict[str, tuple[str, str]] = {}
        """Key and question by place."""
        self.failures: list[BaseException] = []
        self._stack = stack
        self._over = threading.Event()

    @contextmanager
    def running(self, clients: int) -> Iterator[None]:
        threads = [threading.Thread(target=self._ask, args=(n, clients)) for n in range(clients)]
        for each in threads:
            each.start()
        try:
            yield
        finally:
            self._over.set()
            for each in threads:
                each.join()

    def _ask(self, number: int, clients: int) -> None:
        keys = self._stack.keys[number::clients]
        asking = [(key, Client(self._stack, key)) for key in keys]
        try:
            for turn in range(1_000_000):
                if self._over.is_set():
                    break
                key, client = asking[turn % len(asking)]
                question = f"Why should I not mount the docker socket, client {number}, {turn}?"
                self.acknowledged[client.ask(question)] = key, question
        except BaseException as error:
            self.failures.append(error)
        finally:
            for _, client in asking:
                client.close()

    def wait_for(self, more: int, seconds: float = _PATIENCE) -> None:
        """Until so many more are acknowledged."""
        wanted, deadline = len(self.acknowledged) + more, time.monotonic() + seconds
        while len(self.acknowledged) < wanted and not self.failures:
            assert time.monotonic() < deadline, f"only {len(self.acknowledged)} of {wanted}"
            time.sleep(0.1)
        assert not self.failures, self.failures
