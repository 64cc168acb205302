"""Certificates in a real cluster, over years: several replicas, and whom the API server trusts."""

from __future__ import annotations

import base64
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from clusters import make_namespace
from control_plane import ControlPlane, free_port
from test_authority import verifies

from kubeguard.cluster import access
from kubeguard.webhook.names import Names
from kubeguard.webhook.rotation import LEASE_SECONDS, Rotation

pytestmark = pytest.mark.cluster
CONFIGURATIONS = "/apis/admissionregistration.k8s.io/v1/validatingwebhookconfigurations"


class Clock:
    """Goes as fast as a test wants."""

    def __init__(self) -> None:
        self.now = datetime(2026, 11, 21, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def names(cluster: ControlPlane) -> Iterator[Names]:
    name = f"r{time.monotonic_ns()}"
    make_namespace(cluster, name, {})
    hook = {
        "name": "validate.kubeguard.test",
        "clientConfig": {"service": {"namespace": name, "name": "kubeguard-webhook"}},
        "rules": [],
        "failurePolicy": "Fail",
        "sideEffects": "None",
        "admissionReviewVersions": ["v1"],
    }
    body = {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": name},
        "webhooks": [hook],
    }
    assert cluster.request("POST", CONFIGURATIONS, body)[0] == 201
    yield Names(name, configuration=name)
    cluster.request("DELETE", f"{CONFIGURATIONS}/{name}")


def replica(cluster: ControlPlane, names: Names, identity: str, clock: Any) -> Rotation:
    return Rotation(names, access.client(str(cluster.kubeconfig)), identity, clock)


def trusted(cluster: ControlPlane, names: Names) -> bytes:
    answer = cluster.request("GET", f"{CONFIGURATIONS}/{names.configuration}")[1]
    return base64.b64decode(answer["webhooks"][0]["clientConfig"].get("caBundle", ""))


def test_replicas_serve_only_what_is_trusted(cluster: ControlPlane, names: Names) -> None:
    clock = Clock()
    replicas = [replica(cluster, names, f"pod-{n}", clock) for n in range(3)]
    served = {n: each.tick() for n, each in enumerate(replicas)}
    leaves = set()
    for step in range(400):
        clock.now += timedelta(days=3) if step % 8 == 0 else timedelta(minutes=3)
        turn = step % 3
        served[turn] = replicas[turn].tick()
        bundle = trusted(cluster, names)
        for leaf in served.values():
            if step % 8 > 3:  # after a jump of days each has to come to its turn
                assert leaf
                assert verifies(leaf, bundle, clock.now)
        leaves.add(served[turn])
    assert len(leaves) > 5


def test_one_leads_until_it_says_nothing_any_more(cluster: ControlPlane, names: Names) -> None:
    clock = Clock()
    first, second = (replica(cluster, names, name, clock) for name in ("a", "b"))
    leaf = first.tick()
    assert leaf
    assert second.tick() == leaf
    assert first._leads()
    assert not second._leads()
    clock.now += timedelta(seconds=LEASE_SECONDS + 1)
    assert second._leads()
    assert not first._leads()


def test_a_bundle_that_somebody_took_away_comes_back(cluster: ControlPlane, names: Names) -> None:
    one = replica(cluster, names, "a", Clock())
    leaf = one.tick()
    assert leaf
    patch = [{"op": "remove", "path": "/webhooks/0/clientConfig/caBundle"}]
    path = f"{CONFIGURATIONS}/{names.configuration}"
    assert cluster.request("PATCH", path, patch, "application/json-patch+json")[0] == 200
    assert trusted(cluster, names) == b""
    one.tick()
    assert verifies(leaf, trusted(cluster, names), Clock().now)


@pytest.mark.parametrize("lost", ["deleted", "emptied"])
def test_a_secret_that_is_lost_is_made_anew(cluster: ControlPlane, names: Names, lost: str) -> None:
    one = replica(cluster, names, "a", Clock())
    before = one.tick()
    path = f"/api/v1/namespaces/{names.namespace}/secrets/{names.secret}"
    if lost == "deleted":
        cluster.request("DELETE", path)
    else:
        data = {"data": {"tls.crt": "", "tls.key": ""}}
        assert cluster.request("PATCH", path, data, "application/merge-patch+json")[0] == 200
    after = one.tick()
    assert after
    assert after != before
    assert verifies(after, trusted(cluster, names), Clock().now)


def test_nothing_to_tell_is_no_fault(cluster: ControlPlane, names: Names) -> None:
    cluster.request("DELETE", f"{CONFIGURATIONS}/{names.configuration}")
    assert replica(cluster, names, "a", Clock()).tick()


def test_a_server_makes_its_own_certificate(cluster: ControlPlane, tmp_path: Path) -> None:
    make_namespace(cluster, "kubeguard", {})
    port = free_port()
    (tmp_path / "kubeguard.yaml").write_text("{}")
    command = [sys.executable, "-m", "kubeguard", "webhook", "serve"]
    options = ["--config", tmp_path / "kubeguard.yaml", "--manage-certificate", "kubeguard"]
    more = ["--address", f"127.0.0.1:{port}", "--kubeconfig", cluster.kubeconfig]
    with subprocess.Popen([*command, *options, *more], stdout=subprocess.PIPE) as process:
        assert process.stdout
        assert b'"event":"serving"' in process.stdout.readline()
        path = "/api/v1/namespaces/kubeguard/secrets/kubeguard-webhook-tls"
        status, secret = cluster.request("GET", path)
        assert status == 200
        (tmp_path / "ca.crt").write_bytes(base64.b64decode(secret["data"]["ca.crt"]))
        host = "kubeguard-webhook.kubeguard.svc"
        found = subprocess.run(
            [
                *("curl", "-s", "--retry", "5", "--retry-connrefused"),
                *("--cacert", tmp_path / "ca.crt", "--resolve", f"{host}:{port}:127.0.0.1"),
                f"https://{host}:{port}/readyz",
            ],
            capture_output=True,
            text=True,
        )
        process.terminate()
    assert found.stdout == "ok\n"
