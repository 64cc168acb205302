"""What Gatekeeper's policies take for `input.review` and `data.inventory`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import orjson

from kubeguard.model.location import Path
from kubeguard.model.manifest import Manifest, Workload
from kubeguard.model.node import Node
from kubeguard.model.views import View
from kubeguard.rego.policies import Question
from kubeguard.rego.styles.gatekeeper.match import Subject
from kubeguard.rego.styles.gatekeeper.scopes import Cluster
from kubeguard.rego.styles.inputs import as_written, encoded

_NOWHERE = "default"
"""The namespace of objects that name none, where they are compared with others: kubectl's."""
_TRAFFIC = 64 * 1024 * 1024
"""Bytes of inventories that are sent to the engine for one template, as near as may be."""


class Review(NamedTuple):
    """One object under review, for which view it stands, and what is asked of it.

    `above` is the path in the view of the template that a pod was made of. `doubts` say by question
    why the constraint may not apply.
    """

    view: Manifest
    manifest: Manifest
    subject: Subject
    questions: tuple[Question, ...] = ()
    doubts: tuple[str, ...] = ()
    above: Path = ()


class Reviewed(View):
    """Reviews that are asked about together."""

    def __init__(self, reviews: Sequence[Review]) -> None:
        super().__init__(reviews[0].view.node)
        self.reviews = tuple(reviews)


def pods(view: Manifest) -> Iterator[tuple[Manifest, Path]]:
    """The pods that an object makes, as an ExpansionTemplate would generate them, and the path of
    the template that each is made of."""
    if view.group_kind == "Pod":
        return
    for workload in view.workloads:
        above = workload.node.path[len(view.node.path) : -1]
        yield Manifest(Node(_pod(view, workload), view.node.source, ())), above


def _pod(view: Manifest, workload: Workload) -> dict[str, Any]:
    metadata = dict(workload.metadata.mapping) if workload.metadata.path != _own(view) else {}
    metadata["name"] = f"{view.name}-pod"
    if view.namespace:
        metadata["namespace"] = view.namespace
    owner = {"apiVersion": view.api_version, "kind": view.kind, "name": view.name}
    metadata["ownerReferences"] = [owner]
    spec = workload.node.value
    return {"apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec}


def _own(view: Manifest) -> Path:
    return (*view.node.path, "metadata")


def review(of: Review, cluster: Cluster, *, settled: bool = False) -> dict[str, Any]:
    """The review as the API server would ask for the creation of the object.

    `settled` puts an object that names no namespace into one, as it will be.
    """
    manifest, subject = of.manifest, of.subject
    version = manifest.api_version.rpartition("/")[2]
    namespace = subject.namespace
    if settled and not namespace and subject.namespaced:
        namespace = _NOWHERE
    told: dict[str, Any] = {
        "uid": "",
        "kind": {"group": manifest.group, "version": version, "kind": manifest.kind},
        "resource": {"group": "", "version": "", "resource": ""},
        "operation": "CREATE",
        "userInfo": {},
        "object": _object(manifest, namespace),
        "oldObject": None,
        "options": None,
        "namespaceObject": None,
    }
    if subject.name:
        told["name"] = subject.name
    if namespace:
        told["namespace"] = namespace
        if known := cluster.namespaces.get(namespace):
            told["namespaceObject"] = as_written(known)
    return told


def _object(manifest: Manifest, namespace: str) -> Any:
    """The object as it is written, but for a namespace that it does not name."""
    if manifest.namespace or not namespace:
        return as_written(manifest)
    value = manifest.node.mapping
    metadata = manifest.node["metadata"].mapping
    return encoded({**value, "metadata": {**metadata, "namespace": namespace}})


def inventory(manifests: Sequence[Manifest], cluster: Cluster) -> orjson.Fragment:
    """All objects of a run, as policies that compare objects find them."""
    tree: dict[str, Any] = {"cluster": {}, "namespace": {}}
    for manifest in manifests:
        if not (manifest.name and manifest.kind and manifest.api_version):
            continue
        subject = cluster.subject(manifest)
        namespace = (subject.namespace or _NOWHERE) if subject.namespaced else ""
        root = tree["namespace"].setdefault(namespace, {}) if namespace else tree["cluster"]
        kinds = root.setdefault(manifest.api_version, {})
        kinds.setdefault(manifest.kind, {})[manifest.name] = _object(manifest, namespace)
    return encoded(tree)


def portions(reviews: Sequence[Review], size: int) -> Iterator[Sequence[Review]]:
    """Reviews that share one inventory of so many bytes: each by itself in a small run, so that
    each has its own time; as few portions as its bytes make sensible in a large one."""
    number = max(1, min(len(reviews), _TRAFFIC // max(size, 1)))
    each = -(-len(reviews) // number)
    for start in range(0, len(reviews), each):
        yield reviews[start : start + each]
