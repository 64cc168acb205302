"""A target port that no selected container names drops every connection."""

import re
from collections.abc import Iterator

from kubeguard.checks.kit import (
    Bundle,
    Fix,
    Manifest,
    Node,
    Problem,
    Profile,
    Role,
    Severity,
    Workload,
    advise,
    check,
    put,
)

_NAME = re.compile(r"(?=.*[a-z])[a-z0-9]+(-[a-z0-9]+)*")
_Port = tuple[str, str]


@check(
    "KG5005",
    "Service port that leads to no container port",
    on=Bundle,
    severity=Severity.MEDIUM,
    profile=Profile.BASELINE,
    like=("kube-linter:invalid-target-ports",),
)
def unknown_target_port(bundle: Bundle) -> Iterator[Problem]:
    known: dict[int, frozenset[_Port] | None] = {}
    for service in bundle.of("Service"):
        pods = _pods(bundle, service)
        for port in service.node["spec"]["ports"]:
            target = port["targetPort"]
            if target.value is None:
                continue
            if malformed := _malformed(target.value):
                yield Problem(target, malformed, _fix(target))
            elif pods and isinstance(target.value, str):
                if id(pods) not in known:
                    known[id(pods)] = _ports(pods)
                ports, protocol = known[id(pods)], str(port.get("protocol") or "TCP")
                if ports is not None and (target.value, protocol) not in ports:
                    message = f"no selected container has a {protocol} port named {target.value!r}"
                    yield Problem(target, message, _fix(target))


def _malformed(value: object) -> str:
    """What the API server refuses: a port is 1 to 65535, or an IANA service name."""
    if isinstance(value, int) and not 0 < value < 65536:
        return "a port number is from 1 to 65535"
    if isinstance(value, str) and not (len(value) <= 15 and _NAME.fullmatch(value)):
        if value.isdecimal():
            return f"{value[:20]!r} in quotes is a name, and a name needs a letter"
        return f"{value[:40]!r} is no port name: at most 15 of a-z, 0-9 and single dashes"
    return ""


def _pods(bundle: Bundle, service: Manifest) -> tuple[Workload, ...]:
    """The workloads a Service sends its clients to."""
    selector = service.node["spec"]["selector"].mapping
    if not selector or service.get("spec", "type") == "ExternalName":
        return ()
    return bundle.selected(service.namespace, {"matchLabels": selector})


def _ports(pods: tuple[Workload, ...]) -> frozenset[_Port] | None:
    """Name and protocol of every port that a Service may lead to; None when not all are shown."""
    if not all(pod.labels for pod in pods):
        return None  # a custom resource, whose controller may add containers too
    return frozenset(
        (port["name"].text, str(port.get("protocol") or "TCP"))
        for pod in pods
        for container in pod.containers
        if container.role in (Role.REGULAR, Role.SIDECAR)
        for port in container.node["ports"]
    )


def _fix(target: Node) -> Fix:
    if target.text.isdecimal() and 0 < int(target.text[:6]) < 65536:
        return put(target, int(target.text))
    return advise("use the name or the number of a container port")
