"""Certificates of services in a real cluster, over years."""

from __future__ import annotations

import base64
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from control_plane import ControlPlane, Options, control_plane
from test_authority import verifies

from kubeguard.cluster import access
from kubeguard.cluster.authority import Pair
from kubeguard.cluster.objects import Objects
from kubeguard.deploy.certificates import KEPT, renew

pytestmark = pytest.mark.cluster
NAMES = ("user", "answer", "database")


@pytest.fixture(scope="module")
def plane(assets: Path) -> Iterator[ControlPlane]:
    with control_plane(Options(), assets) as found:
        yield found


@pytest.fixture
def namespace(plane: ControlPlane, request: pytest.FixtureRequest) -> str:
    name = f"n{abs(hash(request.node.name))}"
    assert plane.request("POST", "/api/v1/namespaces", {"metadata": {"name": name}})[0] == 201
    return name


def secret(plane: ControlPlane, namespace: str, name: str) -> dict[str, bytes]:
    _, found = plane.request("GET", f"/api/v1/namespaces/{namespace}/secrets/{name}")
    return {key: base64.b64decode(value) for key, value in found["data"].items()}


def test_all_trust_all_at_any_time(plane: ControlPlane, namespace: str) -> None:
    cluster = Objects(access.client(str(plane.kubeconfig)))
    now = datetime(2026, 11, 21, tzinfo=UTC)
    served = set()
    for _ in range(150):  # long enough for new authorities
        now += timedelta(days=3)
        renew(NAMES, namespace, cluster, lambda: now)  # noqa: B023 - called at once
        mounted = {name: secret(plane, namespace, f"{name}-tls") for name in NAMES}
        for one in NAMES:
            leaf = Pair(mounted[one]["tls.crt"], mounted[one]["tls.key"])
            assert all(verifies(leaf, mounted[other]["ca.crt"], now) for other in NAMES), now
            served.add(leaf)
    assert len(served) > 20 * len(NAMES)
    assert len({leaf.parsed.issuer for leaf in served}) > 1


def test_a_module_has_no_key_of_an_authority(plane: ControlPlane, namespace: str) -> None:
    renew(NAMES, namespace, Objects(access.client(str(plane.kubeconfig))))
    assert set(secret(plane, namespace, "user-tls")) == {"tls.crt", "tls.key", "ca.crt"}
    assert "user.authority.key" in secret(plane, namespace, KEPT)


def test_one_more_service_is_trusted_by_the_others(plane: ControlPlane, namespace: str) -> None:
    cluster = Objects(access.client(str(plane.kubeconfig)))
    renew(["user"], namespace, cluster)
    before = secret(plane, namespace, "user-tls")
    renew(["answer"], namespace, cluster)
    user, answer = (secret(plane, namespace, f"{name}-tls") for name in ("user", "answer"))
    assert user["tls.crt"] == before["tls.crt"]
    assert verifies(Pair(answer["tls.crt"], answer["tls.key"]), user["ca.crt"], datetime.now(UTC))


def test_the_command(plane: ControlPlane, namespace: str) -> None:
    command = [sys.executable, "-m", "kubeguard", "deploy", "certificates", "-n", namespace]
    more = ["--kubeconfig", str(plane.kubeconfig)]
    run: dict[str, Any] = {"capture_output": True, "text": True}
    done = subprocess.run([*command, "user", *more], **run)
    assert done.returncode == 0, done.stderr
    until = datetime.now(UTC) + timedelta(days=30)
    assert done.stdout == f"secret/user-tls in {namespace}: until {until:%Y-%m-%d}\n"
    again = subprocess.run([*command, "user", *more], **run)
    assert again.stdout == done.stdout
    wrong = subprocess.run([*command, "a_b", *more], **run)
    assert wrong.returncode == 2
    assert "'a_b' is no name of a Service" in wrong.stderr
