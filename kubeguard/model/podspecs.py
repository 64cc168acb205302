"""Pod specs are found by their shape, so that a kind nobody has heard of is judged too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

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
_LISTS = ("initContainers", "containers", "ephemeralContainers")
_TASKS = ("steps", "sidecars")
"""Lists of containers in a Tekton Task, the second one in an Argo Workflow too."""
SINGLES = ("container", "script")
"""The one container of an Argo Workflow's template."""
_SET = "containerSet"
_MAX_DEPTH = 64

PATTERNS = ("kyverno.io", "gatekeeper.sh", "admissionregistration.k8s.io", "apiextensions.k8s.io")
"""API groups whose objects describe pods (patterns, schemas, mutations) but run none."""


def pod_spec_paths(group_kind: str, value: object) -> Iterable[Path]:
    """Where the pod specs of an object are; the usual kinds cost one look-up.

    A template that is not where its kind wants it is looked for like that of an unknown kind.
    """
    known = KNOWN.get(group_kind)
    if known is not None and isinstance(_descend(value, known), dict):
        return (known,)
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
    """Whether it holds a container, whatever else stands beside that in the list."""
    for _, holder in _holders(value):
        if any(_held(holder.get(key), ("image", "name")) for key in _LISTS):
            return True
        if any(_held(holder.get(key), ("image",)) for key in _TASKS):
            return True
        if any(_held([holder.get(key)], ("image",)) for key in SINGLES):
            return True
    return False


def _held(items: object, marks: Iterable[str]) -> bool:
    return isinstance(items, list) and any(
        isinstance(item, dict) and any(mark in item for mark in marks) for item in items
    )


def _holders(spec: Mapping[str, object]) -> Iterator[tuple[Path, Mapping[str, object]]]:
    """The mappings of a pod spec that containers may be in."""
    yield (), spec
    inner = spec.get(_SET)
    if isinstance(inner, dict):
        yield (_SET,), inner


def container_paths(spec: Mapping[str, object]) -> Iterator[Path]:
    """Where the containers of a pod spec are, from there.

    Left out are entries that are no mapping, and steps that are written down elsewhere (`ref`).
    """
    for path, holder in _holders(spec):
        for key in (*_LISTS, *_TASKS):
            items = holder.get(key)
            for index, item in enumerate(items if isinstance(items, list) else ()):
                if isinstance(item, dict) and "ref" not in item:
                    yield (*path, key, index)
        for key in SINGLES:
            if isinstance(holder.get(key), dict):
                yield (*path, key)
