"""Pod specs are found by their shape, so that a kind nobody has heard of is judged too."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kubeguard.model.location import Path

_TEMPLATE: Path = ("spec", "template", "spec")
KNOWN: Mapping[str, Path] = {
    "Pod": ("spec",),
    "PodTemplate": ("template", "spec"),
    "ReplicationController": _TEMPLATE,
    "Deployment.apps": _TEMPLATE,
    "StatefulSet.apps": _TEMPLATE,
    "DaemonSet.apps": _TEMPLATE,
    "ReplicaSet.apps": _TEMPLATE,
    "Deployment.extensions": _TEMPLATE,
    "DaemonSet.extensions": _TEMPLATE,
    "ReplicaSet.extensions": _TEMPLATE,
    "DeploymentConfig.apps.openshift.io": _TEMPLATE,
    "Rollout.argoproj.io": _TEMPLATE,
    "Job.batch": _TEMPLATE,
    "CronJob.batch": ("spec", "jobTemplate", "spec", "template", "spec"),
}
_LISTS = ("containers", "initContainers", "ephemeralContainers")
_MAX_DEPTH = 64

PATTERNS = ("kyverno.io", "gatekeeper.sh", "admissionregistration.k8s.io", "apiextensions.k8s.io")
"""API groups whose objects describe pods (patterns, schemas, mutations) but run none."""


def pod_spec_paths(group_kind: str, value: object) -> Iterable[Path]:
    """Where the pod specs of an object are; the usual kinds cost one look-up."""
    known = KNOWN.get(group_kind)
    if known is not None:
        return (known,) if isinstance(_descend(value, known), dict) else ()
    kind, _, group = group_kind.partition(".")
    if not group and kind != "List" and kind in _CORE_WITHOUT_PODS:
        return ()
    if group.endswith(PATTERNS):
        return ()
    return tuple(_search(value))


_CORE_WITHOUT_PODS = {
    "Binding",
    "ConfigMap",
    "Endpoints",
    "Event",
    "LimitRange",
    "Namespace",
    "Node",
    "PersistentVolume",
    "PersistentVolumeClaim",
    "ResourceQuota",
    "Secret",
    "Service",
    "ServiceAccount",
}


def _descend(value: object, path: Path) -> object:
    for key in path:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _search(value: object) -> Iterable[Path]:
    """Mappings that hold a list of containers, outermost first, without recursion."""
    stack: list[tuple[object, Path]] = [(value, ())]
    while stack:
        here, path = stack.pop()
        if isinstance(here, dict):
            if _looks_like_pod_spec(here):
                yield path
                continue
            below: Iterable[tuple[str | int, object]] = here.items()
        elif isinstance(here, list):
            below = enumerate(here)
        else:
            continue
        if len(path) < _MAX_DEPTH:
            stack.extend(
                (child, (*path, key))
                for key, child in reversed(list(below))
                if isinstance(child, dict | list)
            )


def _looks_like_pod_spec(value: Mapping[str, object]) -> bool:
    items = value.get("containers")
    if not isinstance(items, list) or not items:
        return False
    return all(isinstance(item, dict) and ("image" in item or "name" in item) for item in items)
