"""What a cluster adds to an object before it runs: version, others' defaults, and images."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from kubeguard.model.facts import NO_IMAGES, Images
from kubeguard.model.node import Node

NEWEST = (1, 37)
OLDEST = (1, 27)

_FALLBACKS = {
    "default": ("default", "max"),
    "defaultRequest": ("defaultRequest", "default", "max", "min"),
}
"""What a LimitRange item itself defaults from (API defaulting of core/v1 LimitRangeItem)."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """The Kubernetes release as (major, minor), and defaults found in the same run.

    `service_accounts` maps (namespace, name) to the object, `limit_ranges` a namespace to its
    objects; the namespace of an object that names none is ''. `images` are those one knows.
    """

    version: tuple[int, int] = NEWEST
    service_accounts: Mapping[tuple[str, str], Node] = field(default_factory=dict)
    limit_ranges: Mapping[str, tuple[Node, ...]] = field(default_factory=dict)
    images: Images = NO_IMAGES

    @classmethod
    def of(
        cls,
        objects: Iterable[Node],
        version: tuple[int, int] = NEWEST,
        images: Images = NO_IMAGES,
    ) -> Cluster:
        """The cluster that the objects of a run describe; of two of a name the last one counts."""
        accounts: dict[tuple[str, str], Node] = {}
        ranges: dict[str, tuple[Node, ...]] = {}
        for node in objects:
            kind = node.get("kind")
            if kind not in ("ServiceAccount", "LimitRange") or node.get("apiVersion") != "v1":
                continue
            namespace = node["metadata"]["namespace"].text
            if kind == "LimitRange":
                ranges[namespace] = (*ranges.get(namespace, ()), node)
            else:
                accounts[namespace, node["metadata"]["name"].text] = node
        return cls(version, accounts, ranges, images)

    def ranges(self, namespace: str) -> tuple[Node, ...]:
        """The LimitRanges that rule a namespace; one that names none is meant for every object."""
        own = self.limit_ranges.get(namespace, ())
        return own + self.limit_ranges.get("", ()) if namespace else own

    def container_default(self, namespace: str, key: str, resource: str) -> Node | None:
        """The LimitRange entry that would fill `key` (`default` or `defaultRequest`) in, if any."""
        for limit_range in self.ranges(namespace):
            for item in limit_range["spec"]["limits"]:
                if item.get("type") != "Container":
                    continue
                for source in _FALLBACKS.get(key, (key,)):
                    if item.get(source, resource) is not None:
                        return item[source][resource]
        return None


STANDALONE = Cluster()
