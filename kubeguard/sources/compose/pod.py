"""A pod that is put together from a Compose service, each field with what says it there."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from itertools import pairwise
from typing import Any

from kubeguard.model.finding import Problem
from kubeguard.model.fix import advise
from kubeguard.model.location import Path
from kubeguard.model.node import Node
from kubeguard.sources.compose.counterparts import CONTAINER, counterpart

_SPEC: Path = ("spec", "template", "spec")


class Pod:
    """The spec of a pod with one container, as far as it is known."""

    def __init__(self, service: Node) -> None:
        self.service = service
        self.spec: dict[str, Any] = {"containers": [{"name": str(service.path[-1])}]}
        self.said: dict[Path, Node] = {}

    def put(self, path: Path, value: object, by: Node) -> None:
        """Give a field of the spec its value, which `by` says."""
        here: Any = self.spec
        for key, following in pairwise(path):
            if isinstance(here, dict):
                here = here.setdefault(key, [] if isinstance(following, int) else {})
            else:
                here = here[key]
        if isinstance(here, list):
            here.append(value)
        else:
            here[path[-1]] = value
        self.said[path] = by

    def own(self, *path: str | int, value: object, by: Node) -> None:
        """The same for a field of the container."""
        self.put((*CONTAINER, *path), value, by)

    def add(self, path: Path, value: object, by: Node) -> None:
        """Append to a list of the spec."""
        here: Any = self.spec
        for key in path:
            here = here.get(key, {}) if isinstance(here, dict) else here[key]
        self.put((*path, len(here)), value, by)

    def node(self, kind: str, group: str, partial: bool) -> Node:
        """The whole object; of a `partial` service nobody asks what it lacks."""
        service = self.service.source
        translation = Translated(self.service, self.said, partial)
        name = service.subject.name
        value = {
            "apiVersion": group,
            "kind": kind,
            "metadata": {"name": name},
            "spec": {"template": {"spec": self.spec}},
        }
        return Node(value, replace(service, translation=translation))


@dataclass(frozen=True, slots=True, eq=False)
class Translated:
    """Leads from the fields of the pod back to the service."""

    service: Node
    said: dict[Path, Node] = field(default_factory=dict)
    partial: bool = False

    def told(self, problem: Problem, /) -> Problem | None:
        path = problem.where.path
        if path[: len(_SPEC)] != _SPEC:
            return None
        of_pod = path[len(_SPEC) :]
        other = counterpart(of_pod)
        where = self._said(of_pod)
        if where is None and other and not self.partial:
            where = self.service[other.key]
        if where is None:
            return None
        fix = advise(other.advice) if other and other.advice else problem.fix
        hint = fix and advise(fix.hint)  # its edits are for a pod
        return Problem(where, problem.message, hint)

    def _said(self, path: Path) -> Node | None:
        """What says the field, or the nearest one around it, as deep as the text goes."""
        for length in range(len(path), 0, -1):
            by = self.said.get(path[:length])
            if by is not None:
                for step in path[length:]:
                    if not by[step].exists:
                        break
                    by = by[step]
                return by
        return None
