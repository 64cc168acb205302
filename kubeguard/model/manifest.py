"""Kubernetes objects, the pods they make, and the containers in them."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from functools import cached_property

from kubeguard.model.cluster import STANDALONE, Cluster
from kubeguard.model.facts import ImageFacts
from kubeguard.model.image import ImageReference
from kubeguard.model.location import Path
from kubeguard.model.node import Node
from kubeguard.model.podspecs import SINGLES, container_paths, pod_spec_paths
from kubeguard.model.views import View


class Manifest(View):
    """A whole Kubernetes object, and the cluster it is judged for."""

    def __init__(self, node: Node, cluster: Cluster = STANDALONE) -> None:
        super().__init__(node)
        self.cluster = cluster
        value = node.mapping
        self.kind = _text(value.get("kind"))
        self.api_version = _text(value.get("apiVersion"))
        group, slash, _ = self.api_version.rpartition("/")
        self.group = group if slash else ""
        self.group_kind = f"{self.kind}.{self.group}" if self.group else self.kind
        metadata = _mapping(value.get("metadata"))
        self.name = _text(metadata.get("name")) or _text(metadata.get("generateName"))
        self.namespace = _text(metadata.get("namespace"))

    @property
    def labels(self) -> dict[str, object]:
        return _mapping(self.get("metadata", "labels"))

    @property
    def annotations(self) -> dict[str, object]:
        return _mapping(self.get("metadata", "annotations"))

    @cached_property
    def workloads(self) -> tuple[Workload, ...]:
        """Every pod this object makes, found by structure when the kind is unknown."""
        paths = pod_spec_paths(self.group_kind, self.node.value)
        return tuple(Workload(self._pod(path), self) for path in paths)

    def _pod(self, path: Path) -> Node:
        """The pod spec; a template of an Argo Workflow has what it lacks from the workflow."""
        pod = self.node.at(*path)
        if path[-2:-1] != ("templates",):
            return pod
        above = self.node.at(*path[:-2])
        lacked = {k: v for k, v in above.mapping.items() if k not in pod.mapping}
        return pod.over(Node(lacked, above.source, above.path))

    def parts(self) -> Iterator[View]:
        return iter(self.workloads)


class Workload(View):
    """The pod spec of any object that runs pods; `template` holds its metadata when it has one."""

    def __init__(self, node: Node, manifest: Manifest) -> None:
        super().__init__(node)
        self.manifest = manifest
        self.cluster = manifest.cluster

    @cached_property
    def containers(self) -> tuple[Container, ...]:
        """Containers of every role; entries that are no mapping are left out."""
        return tuple(self._container(path) for path in container_paths(self.node.mapping))

    def _container(self, path: Path) -> Container:
        """The container; a step of a Tekton Task has what it lacks from the `stepTemplate`."""
        node = self.node.at(*path)
        key = next(key for key in reversed(path) if isinstance(key, str))
        if key == "steps":
            node = node.over(self.node["stepTemplate"])
        return Container(node, self, _role(key, node.mapping))

    @cached_property
    def metadata(self) -> Node:
        """Labels and annotations the pods will carry."""
        spec, manifest = self.node.path, self.manifest.node
        above = spec[len(manifest.path) : -1]
        return manifest.at(*above, "metadata")

    @property
    def labels(self) -> dict[str, object]:
        return _mapping(self.metadata.get("labels"))

    @property
    def annotations(self) -> dict[str, object]:
        return _mapping(self.metadata.get("annotations"))

    @property
    def task(self) -> bool:
        """A Tekton Task: whoever runs it says under which account and on which network."""
        return isinstance(self.get("steps"), list)

    @property
    def windows(self) -> bool:
        """Declared to run on Windows (`spec.os.name`), where Linux settings mean nothing."""
        return self.get("os", "name") == "windows"

    @property
    def user_namespace(self) -> bool:
        """`hostUsers: false`: root in the pod is nobody on the node (KEP-127)."""
        return self.get("hostUsers") is False

    def parts(self) -> Iterator[View]:
        return iter(self.containers)


class Role(Enum):
    """What a container is for; the value is how a message calls it."""

    REGULAR = "container"
    INIT = "init container"
    SIDECAR = "sidecar container"
    STEP = "step"
    EPHEMERAL = "ephemeral container"


class Container(View):
    """One container of any role, with the settings it inherits from its pod resolved once."""

    def __init__(self, node: Node, workload: Workload, role: Role) -> None:
        super().__init__(node)
        self.workload = workload
        self.role = role
        self.own = _mapping(node.get("securityContext"))
        self.inherited = _mapping(workload.get("securityContext"))

    @property
    def cluster(self) -> Cluster:
        return self.workload.cluster

    @cached_property
    def name(self) -> str:
        """Its own, or that of the workflow's template it is the container of."""
        name = _text(self.node.get("name"))
        return name or (_text(self.workload.get("name")) if self.role is Role.STEP else "")

    def __str__(self) -> str:
        """How a message calls it: `init container 'wait'`; no valid name is cut."""
        if not self.name:
            return f"unnamed {self.role.value}"
        cut = len(self.name) > _LONGEST_NAME
        return f"{self.role.value} {self.name[:_LONGEST_NAME] + '...' * cut!r}"

    @cached_property
    def image(self) -> ImageReference | None:
        """The parsed reference; None when the field is missing or no string."""
        text = self.node.get("image")
        return ImageReference.parse(text) if isinstance(text, str) and text else None

    @cached_property
    def facts(self) -> ImageFacts | None:
        """What is known of the image it runs."""
        images = self.cluster.images
        return images.of(self.image) if images and self.image else None

    def setting(self, key: str) -> object:
        """The effective value of a securityContext field that pods pass on to containers."""
        value = self.own.get(key)
        return self.inherited.get(key) if value is None else value

    def security(self, key: str) -> Node:
        """Where the effective value is set: the container, else the pod, else missing here."""
        if self.own.get(key) is None and self.inherited.get(key) is not None:
            return self.workload.node["securityContext"][key]
        return self.node["securityContext"][key]


class ShippedContainer(View):
    """A container together with the image it runs: what neither of them shows alone."""

    def __init__(self, container: Container, image: ImageFacts) -> None:
        super().__init__(container.node)
        self.container = container
        self.image = image

    @property
    def uid(self) -> int | None:
        """Who it runs as: `runAsUser`, else the image's user; None when that is not known."""
        user = self.container.setting("runAsUser")
        return user if type(user) is int else self.image.uid


_LONGEST_NAME = 63
_EMPTY: dict[str, object] = {}


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _mapping(value: object) -> dict[str, object]:
    return value if isinstance(value, dict) else _EMPTY


_ROLES = {
    "containers": Role.REGULAR,
    "ephemeralContainers": Role.EPHEMERAL,
    "sidecars": Role.SIDECAR,
    "steps": Role.STEP,
    **dict.fromkeys(SINGLES, Role.STEP),
}


def _role(key: str, item: dict[str, object]) -> Role:
    if key in _ROLES:
        return _ROLES[key]
    return Role.SIDECAR if item.get("restartPolicy") == "Always" else Role.INIT


def within(path: Path, ancestor: Path) -> bool:
    """Whether `path` is `ancestor` or below it."""
    return path[: len(ancestor)] == ancestor
