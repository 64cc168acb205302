"""A Compose file into pods, one for each service, and what keeps some of it from being judged."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

from kubeguard.model.location import Path
from kubeguard.model.node import Node, Subject
from kubeguard.model.trouble import Trouble, TroubleKind
from kubeguard.sources.compose.interpolation import Open, VariableError, Variables, interpolated
from kubeguard.sources.compose.service import translated

PROJECT, SERVICE = "project", "service"
"""The kinds of what findings are about."""
_ELSEWHERE = ("extends", "volumes_from", "provider", "post_start", "pre_stop")
"""Keys that bring in what is written elsewhere, or run something besides the service."""
_DECIDED = (
    "privileged",
    "read_only",
    "user",
    "network_mode",
    "pid",
    "ipc",
    "security_opt",
    "cap_add",
    "cap_drop",
    "devices",
    "use_api_socket",
)
"""Keys that have to be known; an image or a variable may be left to who starts the project."""


class Pods(NamedTuple):
    """The objects that the services amount to, and what is not judged of the file."""

    objects: tuple[Node, ...] = ()
    troubles: tuple[Trouble, ...] = ()


def pods(document: Node, variables: Variables = None) -> Pods:
    """Read one document; without `variables` only their defaults are known."""
    troubles: list[Trouble] = []
    value = _Filled(document, variables, troubles).value((), document.value)
    project = _project(Node(value, document.source, document.path))
    if project["include"].exists:
        troubles.append(_trouble(project["include"], "what is included is not judged: name it too"))
    objects = []
    for name, service in project["services"].items():
        known = _identified(project, name, service)
        if not isinstance(service.value, dict):
            troubles.append(_trouble(service, f"the service {name[:60]!r} is no mapping"))
            continue
        troubles += _untold(known)
        objects.append(translated(known, project["volumes"]))
    if not objects and not troubles:
        troubles.append(_trouble(document, "a Compose file without a service"))
    return Pods(tuple(objects), tuple(troubles))


class _Filled:
    """A document with its variables replaced; keys are left alone, as Compose does."""

    def __init__(self, document: Node, variables: Variables, troubles: list[Trouble]) -> None:
        self.document = document
        self.variables = variables
        self.troubles = troubles

    def value(self, path: Path, value: object) -> object:
        if isinstance(value, dict):
            return {key: self.value((*path, key), each) for key, each in value.items()}
        if isinstance(value, list):
            return [self.value((*path, index), each) for index, each in enumerate(value)]
        if not isinstance(value, str) or "$" not in value or str(path[0]).startswith("x-"):
            return value
        try:
            return interpolated(value, self.variables)
        except VariableError as error:
            self.troubles.append(_trouble(self.document.at(*path), error.message))
            return value


def _project(document: Node) -> Node:
    called = document["name"]
    name = "" if isinstance(called.value, Open) else called.text
    source = replace(document.source, subject=Subject(PROJECT, "", name), value=document.value)
    return Node(document.value, source, document.path)


def _identified(project: Node, name: str, service: Node) -> Node:
    """The service with a source of its own, which knows what it is."""
    subject = Subject(SERVICE, project.source.subject.name, name)
    source = replace(project.source, subject=subject, root=service.path, value=service.value)
    return Node(service.value, source, service.path)


def _untold(service: Node) -> Iterator[Trouble]:
    """What of a service nothing is said about."""
    name = str(service.path[-1])[:60]
    for key in _ELSEWHERE:
        if service[key].exists:
            yield _trouble(service[key], f"what {key} brings to the service {name!r} is not judged")
    if not any(service[key].exists for key in ("image", "build", "extends", "provider")):
        said = "names no image: it is a part of one, and what it lacks is not asked"
        yield _trouble(service, f"the service {name!r} {said}")
    for key in _DECIDED:
        for each in (service[key], *service[key]):
            if isinstance(each.value, Open):
                message = f"{key} of the service {name!r} is not judged: {str(each.value)[:60]!r}"
                yield _trouble(each, f"{message} has no value here")


def _trouble(node: Node, message: str) -> Trouble:
    return Trouble(node, TroubleKind.COMPOSE, message)
