"""How far a Deployment has come, and what keeps it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kubeguard.cluster.objects import Object, Objects

_POD = {"apiVersion": "v1", "kind": "Pod"}


def is_rolled_out(deployment: Object | None) -> bool:
    """Whether all its pods are new and available, as `kubectl rollout status` sees it."""
    if deployment is None:
        return False
    status, wanted = deployment.get("status", {}), deployment["spec"].get("replicas", 1)
    if status.get("observedGeneration", 0) < deployment["metadata"]["generation"]:
        return False
    counts = ("updatedReplicas", "availableReplicas", "replicas")
    return all(status.get(count, 0) == wanted for count in counts)


def trouble(deployment: Object, cluster: Objects) -> str:
    """What the cluster says about a Deployment that does not become ready: one line."""
    found: Any = cluster.get(deployment)
    if found is None:
        return "it is not there"
    said = dict.fromkeys([*_conditions(found), *_waiting(found, cluster)])
    return "; ".join(said) or "its pods say nothing yet"


def _conditions(deployment: Object) -> Iterator[str]:
    for condition in deployment.get("status", {}).get("conditions", ()):
        failed = condition["status"] == (
            "True" if condition["type"] == "ReplicaFailure" else "False"
        )
        if failed and condition["type"] != "Available":
            yield condition["message"]


def _waiting(deployment: Object, cluster: Objects) -> Iterator[str]:
    """Why pods wait: for a node, an image, a volume, or to be ready."""
    metadata = {"namespace": deployment["metadata"]["namespace"]}
    labels = deployment["spec"]["selector"]["matchLabels"]
    for pod in cluster.listed(_POD | {"metadata": metadata}, labels):
        status = pod.get("status", {})
        for condition in status.get("conditions", ()):
            if condition["type"] == "PodScheduled" and condition["status"] == "False":
                yield condition.get("message", "a pod has no node")
        for container in status.get("containerStatuses", ()):
            waiting = container.get("state", {}).get("waiting")
            if waiting:
                why = f"{waiting['reason']} {waiting.get('message', '')}".strip()
                yield f"{container['name']}: {why}"
            elif not container.get("ready"):
                yield f"{container['name']} is not ready"
