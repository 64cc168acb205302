"""The Pod Security Standards beside the API server's own Pod Security Admission: one verdict."""

from __future__ import annotations

import json
import os
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from clusters import make_namespace
from control_plane import ControlPlane

from kubeguard.engine import Settings, audit
from kubeguard.model.finding import Check
from kubeguard.registry import load_checks
from kubeguard.sources import admission

pytestmark = pytest.mark.cluster

CORPUS = os.environ.get("KUBEGUARD_CORPUS", "")
SERVER = (1, 36)
LEVELS = {"baseline": {"PSS baseline"}, "restricted": {"PSS baseline", "PSS restricted"}}
CHECKS = {
    level: tuple(check for check in load_checks() if refs & {*check.refs})
    for level, refs in LEVELS.items()
}


@pytest.fixture(scope="module", autouse=True)
def namespaces(cluster: ControlPlane) -> None:
    for level in LEVELS:
        labels = {
            "pod-security.kubernetes.io/enforce": level,
            "pod-security.kubernetes.io/enforce-version": "latest",
        }
        make_namespace(cluster, f"psa-{level}", labels)


def found(checks: tuple[Check, ...], pod: dict[str, Any]) -> list[str]:
    report = audit([admission.read(pod)], checks, Settings(SERVER))
    return sorted({finding.check.id for finding in report.findings})


def differences(cluster: ControlPlane, pods: Iterator[dict[str, Any]]) -> tuple[int, list[str]]:
    """How many pods the API server had an opinion on, and where ours is another one."""
    compared, wrong = 0, []
    connection = cluster.connect()
    try:
        for pod in pods:
            for level, checks in CHECKS.items():
                status, answer = asked(connection, level, pod)
                denied = status == 403 and "violates PodSecurity" in answer["message"]
                if not denied and status != 201:
                    continue  # invalid by itself
                compared += 1
                ours = found(checks, pod)
                admitted = [] if denied else found(checks, answer)
                if bool(ours) is not denied or admitted:
                    said = answer.get("message", "") if denied else ""
                    wrong.append(f"{level} {said} {ours} {admitted} {json.dumps(pod)}")
    finally:
        connection.close()
    return compared, wrong


def asked(connection: Any, level: str, pod: dict[str, Any]) -> tuple[int, Any]:
    metadata = {**(pod.get("metadata") or {}), "name": "pod", "namespace": f"psa-{level}"}
    body = json.dumps({**pod, "metadata": metadata})
    path = f"/api/v1/namespaces/psa-{level}/pods?dryRun=All"
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    connection.request("POST", path, body, headers)
    response = connection.getresponse()
    return response.status, json.loads(response.read())


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS, reason="KUBEGUARD_CORPUS does not say where the corpus is")
def test_the_corpus(cluster: ControlPlane) -> None:
    compared, wrong = differences(cluster, of_the_corpus())
    assert wrong == []
    assert compared > 250


def of_the_corpus() -> Iterator[dict[str, Any]]:
    root = Path(CORPUS, "corpus")
    cases = map(json.loads, (root / "cases.jsonl").read_text().splitlines())
    for path in sorted({case["path"] for case in cases if case["source"] == "pss"}):
        pod = yaml.safe_load((root / path).read_text())
        if isinstance(pod, dict) and pod.get("kind") == "Pod":
            yield pod


def test_pods_that_nobody_thought_of(cluster: ControlPlane) -> None:
    chance = random.Random(20261121)
    compared, wrong = differences(cluster, (made(chance) for _ in range(400)))
    assert wrong == []
    assert compared > 500


CAPABILITIES = ("ALL", "CHOWN", "NET_BIND_SERVICE", "NET_RAW", "SYS_ADMIN", "KILL", "chown")
SECCOMP = ("RuntimeDefault", "Unconfined")
SYSCTLS = ("kernel.shm_rmid_forced", "kernel.msgmax", "net.ipv4.tcp_syncookies")
VOLUMES: tuple[dict[str, Any], ...] = (
    {"emptyDir": {}},
    {"hostPath": {"path": "/var/log"}},
    {"configMap": {"name": "c"}},
    {"nfs": {"server": "s", "path": "/p"}},
    {"projected": {"sources": []}},
)


def some(chance: random.Random, **fields: Any) -> dict[str, Any]:
    """Some of these fields, each with one of its values."""
    return {key: chance.choice(values) for key, values in fields.items() if chance.random() < 0.4}


def made(chance: random.Random) -> dict[str, Any]:
    """A pod with a little of everything that the standards speak of."""
    roles = {"containers": 2, "initContainers": 1}
    spec: dict[str, Any] = some(
        chance,
        hostNetwork=(True, False),
        hostPID=(True, False),
        hostIPC=(True, False),
        hostUsers=(True, False),
        os=({"name": "linux"}, {"name": "linux"}, {"name": "windows"}),
    )
    if spec.get("os") == {"name": "windows"} or spec.get("hostUsers") is False:
        for key in ("hostNetwork", "hostPID", "hostIPC"):
            spec.pop(key, None)
    if chance.random() < 0.6:
        spec["securityContext"] = pod_context(chance)
    if chance.random() < 0.3:
        spec["volumes"] = [{"name": "v", **chance.choice(VOLUMES)}]
    number = 0
    for role, most in roles.items():
        listed = []
        for _ in range(chance.randint(role == "containers", most)):
            number += 1
            listed.append(container(chance, f"c{number}"))
        if listed:
            spec[role] = listed
    if spec.get("os") == {"name": "windows"}:
        spec.pop("securityContext", None)
        for role in roles:
            for each in spec.get(role, ()):
                each.pop("securityContext", None)
    annotations = some(
        chance,
        **{"container.apparmor.security.beta.kubernetes.io/c1": ("runtime/default", "unconfined")},
    )
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "pod", "annotations": annotations} if annotations else {"name": "pod"},
        "spec": spec,
    }


def pod_context(chance: random.Random) -> dict[str, Any]:
    context = common(chance)
    if chance.random() < 0.2:
        sysctl = chance.choice(
            ("kernel.shm_rmid_forced", "kernel.msgmax", "net.ipv4.tcp_syncookies")
        )
        context["sysctls"] = [{"name": sysctl, "value": "1"}]
    return context


def container(chance: random.Random, name: str) -> dict[str, Any]:
    made: dict[str, Any] = {"name": name, "image": "registry.example/a:1"}
    if chance.random() < 0.8:
        made["securityContext"] = common(chance) | some(
            chance,
            privileged=(True, False, False),
            allowPrivilegeEscalation=(False, False, True),
            procMount=("Default", "Unmasked"),
        )
        context = made["securityContext"]
        if chance.random() < 0.6:
            context["capabilities"] = some(
                chance,
                drop=(["ALL"], ["ALL"], ["KILL"], []),
                add=(["NET_BIND_SERVICE"], [chance.choice(CAPABILITIES)], []),
            )
        if context.get("privileged") is True:
            context.pop("allowPrivilegeEscalation", None)
    if chance.random() < 0.2:
        made["ports"] = [{"containerPort": 80, "hostPort": chance.choice((0, 80))}]
    if chance.random() < 0.2:
        get = {"port": 80, "path": "/", **some(chance, host=("example.com", ""))}
        made["livenessProbe"] = {"httpGet": get}
    if name != "c1" and "livenessProbe" in made:
        made.pop("livenessProbe")
    return made


def common(chance: random.Random) -> dict[str, Any]:
    """What pods and containers have in common."""
    return some(
        chance,
        runAsNonRoot=(True, True, False),
        runAsUser=(0, 1000),
        seccompProfile=tuple({"type": kind} for kind in SECCOMP),
        appArmorProfile=({"type": "RuntimeDefault"}, {"type": "Unconfined"}),
        seLinuxOptions=({"type": "container_t"}, {"type": "spc_t"}, {"user": "u"}, {"level": "s0"}),
    )
