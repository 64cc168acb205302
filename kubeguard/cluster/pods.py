"""The pods that an object made, and what runs in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from kubeguard.cluster.objects import Object, Objects

_POD = {"apiVersion": "v1", "kind": "Pod"}
_MOST_OWNERS = 3
"""A CronJob's pods are a Job's."""


def pods(owner: Object, labels: Mapping[str, object], cluster: Objects) -> list[dict[str, Any]]:
    """The pods of an object, which gives them these labels, in which something runs.

    Those first that are ready. Raises KubeguardError.
    """
    metadata = owner["metadata"]
    if owner["kind"] == "Pod":
        there = cluster.get(owner)
        found = [there] if there else []
    else:
        like = _POD | {"metadata": {"namespace": metadata.get("namespace", "default")}}
        given = {key: str(value) for key, value in labels.items()}
        found = [
            _POD | pod
            for pod in cluster.listed(like, given)
            if _belongs(pod, metadata["uid"], cluster)
        ]
    alive = (each for each in found if not each["metadata"].get("deletionTimestamp"))
    return sorted(filter(_any_runs, alive), key=_is_ready, reverse=True)


def running(pod: Object) -> Iterator[str]:
    """The names of the containers that run, of every role."""
    status = pod.get("status", {})
    for key in ("initContainerStatuses", "containerStatuses", "ephemeralContainerStatuses"):
        for each in status.get(key, ()):
            if "running" in each.get("state", {}):
                yield each["name"]


def _any_runs(pod: Object) -> bool:
    return any(True for _ in running(pod))


def _belongs(pod: Object, uid: str, cluster: Objects) -> bool:
    """Whether a pod is controlled by the object with this UID, or by one that is."""
    at: Object | None = pod
    for _ in range(_MOST_OWNERS):
        owners = at["metadata"].get("ownerReferences", ()) if at else ()
        above = next((each for each in owners if each.get("controller")), None)
        if above is None or above["uid"] == uid:
            return above is not None
        metadata = {"namespace": pod["metadata"]["namespace"], "name": above["name"]}
        reference = {"apiVersion": above["apiVersion"], "kind": above["kind"]}
        at = cluster.get({**reference, "metadata": metadata})
    return False


def _is_ready(pod: Object) -> bool:
    conditions = pod.get("status", {}).get("conditions", ())
    return any(each["type"] == "Ready" and each["status"] == "True" for each in conditions)
