"""How far the pods of a Deployment and its like have come, and what keeps them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kubeguard.cluster.objects import Object, Objects

_POD = {"apiVersion": "v1", "kind": "Pod"}


KINDS = ("Deployment", "StatefulSet", "DaemonSet", "Job")
"""What runs pods until all of them are there, or done."""


def is_rolled_out(workload: Object | None) -> bool:
    """Whether all its pods are new and available, or done, as `kubectl rollout status` sees it."""
    if workload is None:
        return False
    status, spec = workload.get("status", {}), workload["spec"]
    if workload["kind"] == "Job":
        return bool(status.get("succeeded", 0) >= spec.get("completions", 1))
    if status.get("observedGeneration", 0) < workload["metadata"]["generation"]:
        return False
    counts: tuple[str, ...]
    match workload["kind"]:
        case "DaemonSet":
            wanted = status.get("desiredNumberScheduled", 0)
            counts = ("updatedNumberScheduled", "numberAvailable")
        case "StatefulSet":
            wanted = spec.get("replicas", 1)
            counts = ("updatedReplicas", "availableReplicas")
        case _:
            wanted = spec.get("replicas", 1)
            counts = ("updatedReplicas", "availableReplicas", "replicas")
    return all(status.get(count, 0) == wanted for count in counts)


def is_over(workload: Object | None) -> bool:
    """Whether waiting has an end: it is rolled out, or the cluster has given it up."""
    return is_rolled_out(workload) or (workload is not None and _is_given_up(workload))


def trouble(workload: Object, cluster: Objects) -> str:
    """What the cluster says about pods that do not become ready: one line."""
    found: Any = cluster.get(workload)
    if found is None:
        return "it is not there"
    said = dict.fromkeys([*_failures(found), *_waiting(found, cluster)])
    return "; ".join(said) or "its pods say nothing yet"


_FAILED = {
    "ReplicaFailure": "True",  # no pod can be made, which may pass
    "Progressing": "False",  # the deadline is over
    "Failed": "True",  # a Job's
}


def _failures(workload: Object) -> Iterator[str]:
    for condition in workload.get("status", {}).get("conditions", ()):
        if _FAILED.get(condition["type"]) == condition["status"]:
            yield condition["message"]


def _is_given_up(workload: Object) -> bool:
    status = workload.get("status", {})
    if status.get("observedGeneration", 0) < workload["metadata"].get("generation", 0):
        return workload["kind"] == "Job" and _has(status, "Failed")
    return _has(status, "Failed") or _has(status, "Progressing")


def _has(status: Object, kind: str) -> bool:
    conditions = status.get("conditions", ())
    return any(c["type"] == kind and c["status"] == _FAILED[kind] for c in conditions)


def _waiting(workload: Object, cluster: Objects) -> Iterator[str]:
    """Why pods wait: for a node, an image, a volume, or to be ready."""
    metadata = {"namespace": workload["metadata"]["namespace"]}
    labels = workload["spec"]["selector"]["matchLabels"]
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
