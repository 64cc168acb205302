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
_Port = tuple[object, object]


@check(
    "KG5005",
    "Service port that leads to no container port",
    on=Bundle,
    severity=Severity.MEDIUM,
    profile=Profile.BASELINE,
    like=("kube-linter:invalid-target-ports",),
)
def unknown_target_port(bundle: Bundle) -> Iterator[Problem]:
    seen: dict[int, frozenset[_Port]] = {}
    for service in bundle.of("Service"):
        for port in service.node["spec"]["ports"]:
            target = port["targetPort"]
            if target.value is None:
                continue
            if malformed := _malformed(target.value):
                yield Problem(target, malformed, _fix(target))
            elif isinstance(target.value, str) and (pods := _pods(bundle, service)):
                known = seen.get(id(pods))
                if known is None:
                    known = seen[id(pods)] = _ports(pods)
                protocol = port.get("protocol") or "TCP"
                if (target.value, protocol) not in known:
                    message = f"no selected container has a {protocol} port named {target.value!r}"
                    yield Problem(target, message, _fix(target))


def _malformed(value: object) -> str:
    """What the API server refuses: a port is 1 to 65535, or an IANA service name."""
    if isinstance(value, int) and not 0 < value < 65536:
        return f"{value} is no port number"
    if isinstance(value, str) and not (len(value) <= 15 and _NAME.fullmatch(value)):
        if value.isdecimal():
            return f"{value[:20]!r} in quotes is a name, and a name needs a letter"
        return f"{value[:40]!r} is no port name: at most 15 of a-z, 0-9 and single dashes"
    return ""


def _pods(bundle: Bundle, service: Manifest) -> tuple[Workload, ...]:
    """The selected workloads; none when one of them does not show its labels, hence its ports."""
    selector = service.node["spec"]["selector"].mapping
    if not selector or service.get("spec", "type") == "ExternalName":
        return ()
    pods = bundle.selected(service.namespace, {"matchLabels": selector})
    return pods if all(pod.labels for pod in pods) else ()


def _ports(pods: tuple[Workload, ...]) -> frozenset[_Port]:
    """Name and protocol of every port that a Service may lead to."""
    return frozenset(
        (port["name"].text, port.get("protocol") or "TCP")
        for pod in pods
        for container in pod.containers
        if container.role in (Role.REGULAR, Role.SIDECAR)
        for port in container.node["ports"]
        if isinstance(port.get("protocol") or "", str)
    )


def _fix(target: Node) -> Fix:
    if target.text.isdecimal() and 0 < int(target.text[:6]) < 65536:
        return put(target, int(target.text))
    return advise("use the name or the number of a container port")
