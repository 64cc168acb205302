"""Which documents are Kubernetes objects, and which belong to somebody else."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from kubeguard.model.node import Node, Subject
from kubeguard.model.regex import Regex
from kubeguard.model.trouble import Trouble, TroubleKind

if TYPE_CHECKING:
    from kubeguard.sources.compose import Variables

_API_VERSION = Regex(r"(?:[a-z0-9.-]+/)?v[0-9]+(?:(?:alpha|beta)[0-9]+)?")
_OF_SERVICES = {"image", "build", "extends"}
"""Of these keys, a service of a Compose file has one at least."""
_TOOL_GROUPS = (
    "audit.k8s.io",
    "apiserver.config.k8s.io",
    "apiserver.k8s.io",
    "client.authentication.k8s.io",
    "ctlptl.dev",
    "kind.x-k8s.io",
    "kubeadm.k8s.io",
    "kubelet.config.k8s.io",
    "kubeproxy.config.k8s.io",
    "kubescheduler.config.k8s.io",
    "kubecontrollermanager.config.k8s.io",
    "k3d.io",
    "config.kubernetes.io",
)
"""Configuration files of tools: they look like objects, but no API server ever sees them."""
_MAX_LIST_DEPTH = 8


class Family(Enum):
    """Whose a document is; the value is how a report calls it."""

    KUBERNETES = "Kubernetes"
    KUSTOMIZATION = "kustomization"
    COMPOSE = "Compose file"
    EMPTY = "empty document"
    OTHER = "other"


class Sorted(NamedTuple):
    """A document sorted by whose it is, with the objects in it when it is ours."""

    family: Family
    objects: tuple[Node, ...] = ()
    troubles: tuple[Trouble, ...] = ()


def sort(document: Node, file_name: str, variables: Variables = None) -> Sorted:
    """Tell a document's family and unpack lists; `file_name` is a hint, without folders.

    `variables` are those that a Compose file may use.
    """
    value = document.value
    if value is None:
        return Sorted(Family.EMPTY)
    if not isinstance(value, dict):
        return Sorted(Family.OTHER)
    version, kind = document.get("apiVersion"), document.get("kind")
    if _is_kustomization(version, kind, file_name):
        trouble = _note(document, TroubleKind.KUSTOMIZATION, "a kustomization is not built here")
        return Sorted(Family.KUSTOMIZATION, troubles=(trouble,))
    if version is None and kind is None:
        return _without_type(document, file_name, variables)
    if _is_tool_configuration(version, kind, value):
        return Sorted(Family.OTHER)
    if isinstance(kind, str) and isinstance(version, str):
        return _typed(document)
    if "metadata" not in value and "spec" not in value:
        return Sorted(Family.OTHER)
    return _half_typed(document)


def _without_type(document: Node, file_name: str, variables: Variables) -> Sorted:
    services = document.get("services")
    if isinstance(services, dict) and (
        "compose" in file_name.lower()
        or any(isinstance(s, dict) and s.keys() & _OF_SERVICES for s in services.values())
    ):
        from kubeguard.sources import compose

        return Sorted(Family.COMPOSE, *compose.pods(document, variables))
    metadata = document.get("metadata")
    spec = document.get("spec")
    named = isinstance(metadata, dict) and isinstance(metadata.get("name"), str)
    if named and isinstance(spec, dict) and {"containers", "template"} & spec.keys():
        return _half_typed(document)
    return Sorted(Family.OTHER)


def _typed(document: Node) -> Sorted:
    found = tuple(_unpack(document, 0))
    objects = tuple(node for node in found if isinstance(node.value, dict))
    troubles = tuple(trouble for node in found for trouble in _troubles(node))
    return Sorted(Family.KUBERNETES, objects, troubles)


def _half_typed(document: Node) -> Sorted:
    return Sorted(Family.KUBERNETES, (identified(document),), tuple(_troubles(document)))


def _troubles(node: Node) -> Iterator[Trouble]:
    """What keeps an object, or an item of a list, from being taken for one."""
    missing = [key for key in ("apiVersion", "kind") if not isinstance(node.get(key), str)]
    if not isinstance(node.value, dict):
        yield _note(node, TroubleKind.NO_KIND, "an item of the list is no object")
    elif missing:
        message = f"looks like a Kubernetes object but has no {' and no '.join(missing)}"
        yield _note(node, TroubleKind.NO_KIND, message)
    elif node.get("kind") == "List" and node["items"].exists and not node["items"].sequence:
        yield _note(node["items"], TroubleKind.NO_KIND, "the items of the list are no list")


def _is_kustomization(version: object, kind: object, file_name: str) -> bool:
    if isinstance(version, str) and version.startswith("kustomize.config.k8s.io/"):
        return True
    stem = file_name.lower().rpartition(".")[0] or file_name.lower()
    return stem == "kustomization" and kind in (None, "Kustomization", "Component")


def _is_tool_configuration(version: object, kind: object, value: dict[str, object]) -> bool:
    if not isinstance(version, str):
        return isinstance(version, dict | list)
    group = version.rpartition("/")[0]
    if group in _TOOL_GROUPS:  # not by its end: flowcontrol.apiserver.k8s.io is the server's
        return True
    if "metadata" in value or "spec" in value:
        return False
    if kind == "Config" and ("clusters" in value or "contexts" in value or "users" in value):
        return True
    return not _API_VERSION.fullmatch(version) or ("." not in group and group not in _SHORT_GROUPS)


_SHORT_GROUPS = ("", "apps", "batch", "extensions", "policy", "autoscaling")


def _unpack(document: Node, depth: int) -> Iterator[Node]:
    """The object itself, or the items of a `List` or typed list such as `PodList`."""
    kind = document.get("kind")
    items = document.get("items")
    if not (isinstance(kind, str) and kind.endswith("List") and "items" in document.mapping):
        yield identified(document)
        return
    if items is not None and not isinstance(items, list):
        yield identified(document)
        return
    for item in document["items"]:
        value = item.value
        if not isinstance(value, dict):
            yield identified(item)
            continue
        if kind != "List" and "kind" not in value:
            version = document.get("apiVersion")
            value = {"apiVersion": version, "kind": kind.removesuffix("List"), **value}
        node = identified(Node(value, document.source, item.path))
        if depth < _MAX_LIST_DEPTH:
            yield from _unpack(node, depth + 1)
        else:
            yield node


def identified(node: Node) -> Node:
    """The node with a source of its own that knows which object it is."""
    kind = _text(node.get("kind"))
    name = _text(node.get("metadata", "name")) or _text(node.get("metadata", "generateName"))
    source = replace(
        node.source,
        subject=Subject(kind, _text(node.get("metadata", "namespace")), name),
        root=node.path,
        value=node.value,
        secret=kind == "Secret",
    )
    return Node(node.value, source, node.path)


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _note(node: Node, kind: TroubleKind, message: str) -> Trouble:
    return Trouble(identified(node), kind, message)
