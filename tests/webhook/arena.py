"""Fifty clients, an API server, a Service and two replicas of the webhook behind it."""

from __future__ import annotations

import base64
import contextlib
import http.client
import itertools
import json
import os
import signal
import ssl
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path
from typing import Any

from balancer import Balancer
from clusters import config_map, make_namespace
from control_plane import LOOPBACK, ControlPlane, free_port
from objects import deployment, pod

from kubeguard.webhook.names import Names

CLIENTS = 50
PAUSE = 0.2
"""Seconds between the requests of one client."""
TIMEOUT = 3
"""Seconds that the API server waits for the webhook."""
CONFIGURATIONS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
TOKEN = "ghp_" + "aB3dE5gH7jK9mN1pQ3sT5vX7zA9cD1fG3h4i"


class Replica:
    """A webhook in a process, with the files that a pod would have."""

    def __init__(self, folder: Path, options: list[object]) -> None:
        folder.mkdir(parents=True)
        self.folder = folder
        self.port = free_port()
        self.configuration = folder / "kubeguard.yaml"
        self.configuration.write_text("{}\n")
        self.records = folder / "records"
        self._options = options
        self.process = self._started()

    def _started(self) -> subprocess.Popen[bytes]:
        with (self.folder / "log").open("ab") as log:
            return subprocess.Popen(
                [
                    *(sys.executable, "-m", "kubeguard", "webhook", "serve"),
                    *("--config", self.configuration, "--address", f"{LOOPBACK}:{self.port}"),
                    *("--record", self.records, *map(str, self._options)),
                ],
                stdout=log,
                stderr=log,
            )

    @property
    def processes(self) -> list[int]:
        """The upper process and those below it."""
        pid = self.process.pid
        below = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        return [pid, *map(int, below)]

    def restart(self) -> None:
        """What a kubelet does when a container has ended."""
        self.process.wait(20)
        self.process = self._started()

    def get(self, path: str) -> tuple[int, str]:
        """What it says itself; status 0 when it says nothing."""
        connection = self.connect()
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        except (OSError, http.client.HTTPException):
            return 0, ""
        finally:
            connection.close()

    def connect(self) -> http.client.HTTPSConnection:
        context = ssl._create_unverified_context()
        return http.client.HTTPSConnection(LOOPBACK, self.port, context=context, timeout=10)

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            for pid in self.processes:
                os.kill(pid, signal.SIGKILL)
            self.process.wait(10)


class Verdict(Enum):
    """What became of a request, seen by the one who made it."""

    RIGHT = "right"
    WRONG = "wrong"
    REFUSED = "refused"
    """Nobody could judge it, and so it was not admitted."""


@dataclass
class Tally:
    """What the clients saw."""

    requests: int = 0
    wrong: list[str] = field(default_factory=list)
    refused: list[str] = field(default_factory=list)
    longest: float = 0.0
    """Seconds to the last answer that anybody waited for."""
    last_refusal: float = 0.0
    """When (time.monotonic) something was refused for the last time."""
    last_right: float = 0.0


class Arena:
    """A namespace in which everything that is created is judged by two replicas."""

    def __init__(
        self, cluster: ControlPlane, folder: Path, names: Names, managed: bool = False
    ) -> None:
        """`managed`: the replicas make their certificate themselves."""
        self.cluster = cluster
        self.names = names
        host = names.hosts[0]
        pair = cluster.authority.server(f"arena-{names.namespace}", [host])
        options: list[object] = ["--cert", pair[0], "--key", pair[1]]
        if managed:
            options = ["--manage-certificate", names.namespace, "--kubeconfig", cluster.kubeconfig]
        self._managed = managed
        self.replicas = [Replica(folder / f"replica-{n}", options) for n in range(2)]
        self._balancer = Balancer([each.port for each in self.replicas])
        self.tally = Tally()
        self._numbers = itertools.count()
        self._lock = threading.Lock()
        self._over = threading.Event()
        self._clients = [threading.Thread(target=self._create) for _ in range(CLIENTS)]

    def open(self) -> None:
        """Register the webhook, and let the clients in once it judges."""
        self.until(lambda: all(r.get("/readyz")[0] == 200 for r in self.replicas))
        namespace = {"namespace": self.names.namespace, "name": self.names.service}
        service = {
            "metadata": {"name": self.names.service},
            "spec": {"type": "ExternalName", "externalName": "localhost"},
        }
        services = f"/api/v1/namespaces/{self.names.namespace}/services"
        assert self.cluster.request("POST", services, service)[0] == 201
        trusted = self.cluster.authority.bundle
        if self._managed:
            trusted = self.secret()["data"]["ca.crt"]
        hook = {
            "name": "validate.kubeguard.test",
            "clientConfig": {
                "service": {**namespace, "port": self._balancer.port, "path": "/validate"},
                "caBundle": trusted,
            },
            "rules": [
                {
                    "apiGroups": ["", "apps"],
                    "apiVersions": ["*"],
                    "operations": ["CREATE"],
                    "resources": ["pods", "configmaps", "deployments"],
                }
            ],
            "namespaceSelector": {
                "matchLabels": {"kubernetes.io/metadata.name": self.names.namespace}
            },
            "failurePolicy": "Fail",
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
            "timeoutSeconds": TIMEOUT,
        }
        body = {"metadata": {"name": self.names.configuration}, "webhooks": [hook]}
        assert self.cluster.request("POST", CONFIGURATIONS, body)[0] == 201
        path, bad = _bad("probe", 0)
        with contextlib.closing(self.cluster.connect()) as connection:
            self.until(lambda: self._asked(connection, f"{path}?dryRun=All", bad)[0] == 403)
        for client in self._clients:
            client.start()
        self.until(lambda: self.tally.requests > CLIENTS)

    def secret(self) -> dict[str, Any]:
        path = f"/api/v1/namespaces/{self.names.namespace}/secrets/{self.names.secret}"
        status, found = self.cluster.request("GET", path)
        assert status == 200, found
        return dict(found)

    def until(self, holds: Callable[[], object], seconds: float = 30) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline:
                logs = [(r.folder / "log").read_text()[-2_000:] for r in self.replicas]
                raise AssertionError("\n".join([*logs, *self.tally.refused[-3:]]))
            time.sleep(0.05)

    def calm(self, seconds: float = 1.5) -> None:
        """Wait until for some time every request has been judged."""
        begin = time.monotonic()
        self.until(
            lambda: (
                time.monotonic() - max(begin, self.tally.last_refusal) > seconds
                and self.tally.last_right > time.monotonic() - seconds
            )
        )

    def admitted(self) -> list[str]:
        """The names of bad objects that are in the cluster after all."""
        found = []
        for path in {_bad("x", n)[0] for n in range(3)}:
            path = path.replace("NAMESPACE", self.names.namespace)
            listed = self.cluster.request("GET", f"{path}?labelSelector=verdict=bad")[1]
            found += [each["metadata"]["name"] for each in listed["items"]]
        return found

    def close(self) -> None:
        self._over.set()
        for client in self._clients:
            if client.ident:
                client.join()
        self.cluster.request("DELETE", f"{CONFIGURATIONS}/{self.names.configuration}")
        self._balancer.stop()
        for replica in self.replicas:
            replica.stop()

    def _create(self) -> None:
        connection = self.cluster.connect()
        while not self._over.wait(PAUSE):
            number = next(self._numbers)
            good = number % 2 == 0
            path, body = (_good if good else _bad)(f"n{number}", number // 2)
            begin = time.monotonic()
            try:
                status, message = self._asked(connection, path, body)
            except (OSError, http.client.HTTPException) as error:
                connection.close()
                status, message = 0, f"the API server: {error!r}"
            self._count(begin, _verdict(good, status, message), f"{status} {message}")
        connection.close()

    def _asked(
        self, connection: http.client.HTTPSConnection, path: str, body: object
    ) -> tuple[int, str]:
        path = path.replace("NAMESPACE", self.names.namespace)
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        response = connection.getresponse()
        text = response.read()
        return response.status, str(json.loads(text).get("message", ""))

    def _count(self, begin: float, verdict: Verdict, said: str) -> None:
        now = time.monotonic()
        with self._lock:
            tally = self.tally
            tally.requests += 1
            tally.longest = max(tally.longest, now - begin)
            if verdict is Verdict.RIGHT:
                tally.last_right = now
            elif verdict is Verdict.WRONG:
                tally.wrong.append(said)
            else:
                tally.refused.append(said)
                tally.last_refusal = now


@contextlib.contextmanager
def arena(
    cluster: ControlPlane, folder: Path, name: str, prepare: Callable[[Names], object] | None = None
) -> Iterator[Arena]:
    """An arena in use; where something is to `prepare`, replicas keep their own certificate."""
    names = Names(name)
    make_namespace(cluster, name, {})
    if prepare:
        prepare(names)
    found = Arena(cluster, folder, names, managed=prepare is not None)
    try:
        found.open()
        yield found
    finally:
        found.close()


def _verdict(good: bool, status: int, message: str) -> Verdict:
    if status == 201:
        return Verdict.RIGHT if good else Verdict.WRONG
    if status == 403 and "denied the request" in message and "not judged" not in message:
        return Verdict.WRONG if good else Verdict.RIGHT
    return Verdict.REFUSED


_PODS = "/api/v1/namespaces/NAMESPACE/pods"
_CONFIG_MAPS = "/api/v1/namespaces/NAMESPACE/configmaps"
_DEPLOYMENTS = "/apis/apps/v1/namespaces/NAMESPACE/deployments"


def _good(name: str, number: int) -> tuple[str, dict[str, Any]]:
    return (
        (_PODS, pod(name)),
        (_CONFIG_MAPS, config_map(name, text="nothing " * 6_000)),
        (_DEPLOYMENTS, deployment(name)),
    )[number % 3]


def _bad(name: str, number: int) -> tuple[str, dict[str, Any]]:
    path, body = (
        (_PODS, pod(name, hostNetwork=True)),
        (_CONFIG_MAPS, config_map(name, text=f"token: {TOKEN}\n" + "nothing " * 6_000)),
        (_DEPLOYMENTS, deployment(name, hostPID=True)),
    )[number % 3]
    body["metadata"].setdefault("labels", {})["verdict"] = "bad"
    return path, body


def put_secret(cluster: ControlPlane, names: Names, data: dict[str, bytes]) -> None:
    """Have the Secret hold this, whatever was there."""
    path = f"/api/v1/namespaces/{names.namespace}/secrets"
    body = {
        "metadata": {"name": names.secret},
        "type": "kubernetes.io/tls",
        "data": {key: base64.b64encode(value).decode() for key, value in data.items()},
    }
    if cluster.request("PUT", f"{path}/{names.secret}", body)[0] == 404:
        assert cluster.request("POST", path, body)[0] == 201
