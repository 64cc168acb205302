"""What a cluster adds to an object before it runs: its version, and other objects' defaults."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from kubeguard.model.node import Node

NEWEST = (1, 37)
OLDEST = (1, 27)


@dataclass(frozen=True, slots=True)
class Cluster:
    """The Kubernetes release as (major, minor), and defaults found in the same run.

    `service_accounts` maps (namespace, name) to the object, `limit_ranges` a namespace to its
    objects; the namespace of an object that names none is ''.
    """

    version: tuple[int, int] = NEWEST
    service_accounts: Mapping[tuple[str, str], Node] = field(default_factory=dict)
    limit_ranges: Mapping[str, tuple[Node, ...]] = field(default_factory=dict)

    def container_default(self, namespace: str, key: str, resource: str) -> Node | None:
        """The LimitRange entry that would fill `key` (`default` or `defaultRequest`) in, if any."""
        for limit_range in self.limit_ranges.get(namespace, ()):
            for item in limit_range["spec"]["limits"]:
                if item.get("type") == "Container" and item.get(key, resource) is not None:
                    return item[key][resource]
        return None


STANDALONE = Cluster()
