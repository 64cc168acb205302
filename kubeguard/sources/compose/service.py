"""One service of a Compose file as the Deployment, or the Job, that it amounts to."""

from __future__ import annotations

from kubeguard.model.node import Node
from kubeguard.model.regex import Regex
from kubeguard.sources.compose.counterparts import CONTAINER
from kubeguard.sources.compose.interpolation import Open
from kubeguard.sources.compose.mounts import put_mounts
from kubeguard.sources.compose.pod import Pod
from kubeguard.sources.compose.security import put_security
from kubeguard.sources.compose.values import amount, is_true, pairs, words

_LIMITS = (
    ("mem_limit", ("deploy", "resources", "limits", "memory"), "memory"),
    ("cpus", ("deploy", "resources", "limits", "cpus"), "cpu"),
)
_ANYWHERE = ("", "0.0.0.0", "::", "[::]")  # noqa: S104 (who binds there is told)
_PUBLISHED = Regex(r"(?:(\[[^\]]*\]|[^:]*):)?([^:]*):[^:]+|[^:]+")
"""A port in its short form, without protocol: address, port of the machine, port."""


def translated(service: Node, volumes: Node) -> Node:
    """The object; `volumes` are those that the project declares."""
    pod = Pod(service)
    _put_program(service, pod)
    _put_environment(service["environment"], pod)
    _put_resources(service, pod)
    _put_namespaces(service, pod)
    _put_ports(service["ports"], pod)
    put_security(service, pod)
    put_mounts(service, volumes, pod)
    runs_on = str(service.get("restart")).startswith(("always", "unless-stopped"))
    runs_on |= isinstance(service.get("healthcheck"), dict) and not is_unchecked(service)
    kind, version = ("Deployment", "apps/v1") if runs_on else ("Job", "batch/v1")
    return pod.node(kind, version, is_partial(service))


def is_partial(service: Node) -> bool:
    """Whether another file, or another service, has the rest of it."""
    return service["extends"].exists or not (service["image"].exists or service["build"].exists)


def is_unchecked(service: Node) -> bool:
    """Whether the image's own health check is turned off, too."""
    test = service.get("healthcheck", "test")
    off = test == "NONE" or (isinstance(test, list) and test[:1] == ["NONE"])
    return off or is_true(service.get("healthcheck", "disable"))


def _put_program(service: Node, pod: Pod) -> None:
    if service["image"].text:
        pod.own("image", value=service["image"].text, by=service["image"])
    for key, field in (("entrypoint", "command"), ("command", "args")):
        if said := words(service.get(key)):
            pod.own(field, value=said, by=service[key])
    if isinstance(service.get("working_dir"), str):
        pod.own("workingDir", value=service.get("working_dir"), by=service["working_dir"])
    if service["healthcheck"].mapping and not is_unchecked(service):
        pod.own("readinessProbe", value={"exec": {}}, by=service["healthcheck"])


def _put_environment(node: Node, pod: Pod) -> None:
    """What a variable decides comes from elsewhere, like a value from a Secret."""
    for name, value, by in pairs(node):
        given = value is not None and not isinstance(by.value, Open)
        said = ("value", str(value)) if given else ("valueFrom", {"configMapKeyRef": {}})
        pod.add((*CONTAINER, "env"), dict([("name", name), said]), by)


def _put_resources(service: Node, pod: Pod) -> None:
    for key, path, resource in _LIMITS:
        for by in (service[key], service.at(*path)):
            if limit := amount(by.value):
                pod.own("resources", "limits", resource, value=limit, by=by)
                break


def _put_namespaces(service: Node, pod: Pod) -> None:
    """Namespaces of the machine; those of another container are shared processes."""
    for key, field in (("network_mode", "hostNetwork"), ("pid", "hostPID"), ("ipc", "hostIPC")):
        if service.get(key) == "host":
            pod.put((field,), True, service[key])
    if str(service.get("pid")).startswith(("service:", "container:")):
        pod.put(("shareProcessNamespace",), True, service["pid"])


def _put_ports(node: Node, pod: Pod) -> None:
    """Those of them that every network of the machine reaches."""
    for entry in node:
        if port := _published(entry):
            pod.add((*CONTAINER, "ports"), {"hostPort": port}, entry)


def _published(entry: Node) -> str:
    """The port of the machine, '' when it is one of a single address, or none."""
    if isinstance(entry.value, dict):
        anywhere = str(entry.get("host_ip") or "") in _ANYWHERE
        return str(entry.get("published") or entry.get("target") or "") if anywhere else ""
    text = str(entry.value).partition("/")[0]
    found = _PUBLISHED.fullmatch(text)
    return (found[2] or text.rpartition(":")[2]) if found and (found[1] or "") in _ANYWHERE else ""
