"""Webhooks that a real API server asks."""

from __future__ import annotations

import http.client
import json
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from control_plane import ControlPlane, free_port

LABEL = "kubeguard-test"


@dataclass
class Answer:
    """What the API server says to a request, and what the webhook was asked for it."""

    status: int
    body: Any
    warnings: list[str]
    reviews: list[dict[str, Any]] = field(default_factory=list)

    @property
    def message(self) -> str:
        return str(self.body.get("message", "")) if isinstance(self.body, dict) else str(self.body)

    @property
    def checks(self) -> set[str]:
        """The checks that spoke, whatever that meant."""
        modes = ("deny", "warn", "audit")
        return {
            check for review in self.reviews for mode in modes for check in review.get(mode, ())
        }


class Hook:
    """A webhook process that serves, and the API server that asks it in its namespaces."""

    def __init__(self, cluster: ControlPlane, folder: Path, configuration: str) -> None:
        self.cluster = cluster
        self.folder = folder
        self.port = free_port()
        self.configuration = folder / "kubeguard.yaml"
        self.configuration.write_text(configuration)
        self.log = folder / "log"
        self._connection = cluster.connect()
        self._others: list[http.client.HTTPSConnection] = []
        certificate, key = cluster.authority.server("webhook")
        with self.log.open("wb") as log, (folder / "err").open("wb") as errors:
            self.process = subprocess.Popen(
                [
                    *(sys.executable, "-m", "kubeguard", "webhook", "serve"),
                    *("--config", self.configuration, "--address", f"127.0.0.1:{self.port}"),
                    *("--cert", certificate, "--key", key, "--kubeconfig", cluster.kubeconfig),
                ],
                stdout=log,
                stderr=errors,
            )
        self.until(lambda: self.get("/readyz")[0] == 200)
        self._offset = self.log.stat().st_size

    def get(self, path: str) -> tuple[int, str]:
        """What the webhook says itself; status 0 when it does not."""
        context = ssl.create_default_context(cafile=str(self.cluster.authority.certificate_file))
        connection = http.client.HTTPSConnection("127.0.0.1", self.port, context=context, timeout=5)
        try:
            connection.request("GET", path)
            response = connection.getresponse()
            return response.status, response.read().decode()
        except OSError:
            return 0, ""
        finally:
            connection.close()

    def user(self, name: str, *groups: str) -> http.client.HTTPSConnection:
        """A connection of somebody else, who may do everything."""
        authority = self.cluster.authority
        context = ssl.create_default_context(cafile=str(authority.certificate_file))
        context.load_cert_chain(*map(str, authority.client(name, ["system:masters", *groups])))
        host, port = self.cluster.server.removeprefix("https://").split(":")
        found = http.client.HTTPSConnection(host, int(port), context=context, timeout=60)
        self._others.append(found)
        return found

    def until(self, holds: Any, seconds: float = 15) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            if self.process.poll() is not None or time.monotonic() > deadline:
                raise AssertionError((self.folder / "err").read_text() + self.log.read_text())
            time.sleep(0.05)

    def ask(
        self,
        method: str,
        path: str,
        body: object = None,
        kind: str = "application/json",
        user: http.client.HTTPSConnection | None = None,
    ) -> Answer:
        """One request to the API server."""
        connection = user or self._connection
        self._told()
        data = None if body is None else json.dumps(body)
        connection.request(method, path, data, {"Content-Type": kind, "Accept": "application/json"})
        response = connection.getresponse()
        text = response.read()
        parsed = text.decode()
        if response.headers.get_content_type() == "application/json":
            parsed = json.loads(text)
        warnings = [
            w.partition('"')[2].rstrip('"') for w in response.headers.get_all("Warning", [])
        ]
        return Answer(response.status, parsed, warnings, self._told())

    def _told(self) -> list[dict[str, Any]]:
        """The reviews that were logged since the last request."""
        with self.log.open("rb") as log:
            log.seek(self._offset)
            lines = log.read()
        self._offset += len(lines)
        told = [json.loads(line) for line in lines.splitlines()]
        return [line for line in told if line["event"] == "review"]

    def register(self, name: str, rules: list[dict[str, Any]] | None = None, **more: Any) -> None:
        """Have the API server ask this webhook in namespaces with the label of that name."""
        everything = {
            "apiGroups": ["*"],
            "apiVersions": ["*"],
            "operations": ["*"],
            "resources": ["*/*"],
            "scope": "*",
        }
        webhook = {
            "name": f"{name}.kubeguard.test",
            "clientConfig": {
                "url": f"https://127.0.0.1:{self.port}/validate",
                "caBundle": self.cluster.authority.bundle,
            },
            "rules": rules or [everything],
            "matchConditions": [
                {"name": "ours", "expression": "request.userInfo.username != 'system:apiserver'"}
            ],
            "namespaceSelector": {"matchLabels": {LABEL: name}},
            "sideEffects": "None",
            "admissionReviewVersions": ["v1"],
            "timeoutSeconds": 5,
            **more,
        }
        body = {
            "apiVersion": "admissionregistration.k8s.io/v1",
            "kind": "ValidatingWebhookConfiguration",
            "metadata": {"name": f"kubeguard-{name}"},
            "webhooks": [webhook],
        }
        path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
        status, answer = self.cluster.request("POST", path, body)
        assert status == 201, answer
        self.until(lambda: self._is_asked(name))

    def _is_asked(self, name: str) -> bool:
        body = config_map(f"probe-{time.monotonic_ns()}")
        path = f"/api/v1/namespaces/{name}/configmaps?dryRun=All"
        return bool(self.ask("POST", path, body).reviews)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)
        for connection in (self._connection, *self._others):
            connection.close()


def config_map(name: str, **data: str) -> dict[str, Any]:
    return {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": name}, "data": data}


def make_namespace(cluster: ControlPlane, name: str, labels: Mapping[str, str]) -> None:
    body = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": labels}}
    status, answer = cluster.request("POST", "/api/v1/namespaces", body)
    assert status in (201, 409), answer


@contextmanager
def serving(
    cluster: ControlPlane, folder: Path, configuration: str, name: str, **more: Any
) -> Iterator[Hook]:
    """A webhook with this kubeguard.yaml, asked in the namespace of this name."""
    make_namespace(cluster, name, {LABEL: name})
    hook = Hook(cluster, folder, configuration)
    try:
        hook.register(name, **more)
        yield hook
    finally:
        path = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"
        cluster.request("DELETE", f"{path}/kubeguard-{name}")
        hook.stop()
