"""As whom a service runs, and what it may do: the security context of its container."""

from __future__ import annotations

from kubeguard.model.node import Node
from kubeguard.model.regex import Regex
from kubeguard.sources.compose.interpolation import Open
from kubeguard.sources.compose.pod import Pod
from kubeguard.sources.compose.values import is_true, pairs

_CONTEXT = "securityContext"
_SOMEBODY = 65534
"""Stands for a user that has a name, or is not known here; who it is nobody asks."""
_CONFINED = "RuntimeDefault"
_ID = Regex(r"[+-]?(?=[0-9])0*([0-9]{0,10})")
"""A number as the engine reads it, however many zeros stand before it."""


def put_security(service: Node, pod: Pod) -> None:
    """All that Compose has words for."""
    for key, field in (("privileged", "privileged"), ("read_only", "readOnlyRootFilesystem")):
        if service[key].exists:
            pod.own(_CONTEXT, field, value=is_true(service.get(key)), by=service[key])
    _put_capabilities(service, pod)
    _put_user(service["user"], pod)
    _put_groups(service["group_add"], pod)
    _put_options(service["security_opt"], pod)
    for name, value, by in pairs(service["sysctls"]):
        pod.add((_CONTEXT, "sysctls"), {"name": name, "value": str(value)}, by)


def _put_capabilities(service: Node, pod: Pod) -> None:
    for key, field in (("cap_add", "add"), ("cap_drop", "drop")):
        for index, entry in enumerate(service[key]):
            name = entry.text.upper().removeprefix("CAP_")
            pod.own(_CONTEXT, "capabilities", field, index, value=name, by=entry)


def _put_user(node: Node, pod: Pod) -> None:
    """An empty one is the image's."""
    if node.value is None:
        return
    user, _, group = str(node.value).partition(":")
    if user:
        pod.own(_CONTEXT, "runAsUser", value=_number(user), by=node)
        pod.own(_CONTEXT, "runAsNonRoot", value=True, by=node)
    if group and not isinstance(node.value, Open):
        pod.own(_CONTEXT, "runAsGroup", value=_number(group), by=node)


def _put_groups(node: Node, pod: Pod) -> None:
    for each in node:
        pod.add((_CONTEXT, "supplementalGroups"), _number(str(each.value)), each)


def _number(name: str) -> int:
    """A name is taken for somebody, unless it is root's: who has it, only the image knows."""
    if name == "root":
        return 0
    found = _ID.fullmatch(name)
    return int(found[1] or 0) if found else _SOMEBODY


def _put_options(node: Node, pod: Pod) -> None:
    """Docker confines by default, but does not forbid new privileges."""
    pod.own(_CONTEXT, "seccompProfile", value={"type": _CONFINED}, by=node)
    for name, value, by in pairs(node, "=:"):
        said = str(value or "")
        if name == "no-new-privileges":
            forbidden = value is None or is_true(said)
            pod.own(_CONTEXT, "allowPrivilegeEscalation", value=not forbidden, by=by)
        elif name in ("seccomp", "apparmor"):
            field = "seccompProfile" if name == "seccomp" else "appArmorProfile"
            kind = "Unconfined" if said == "unconfined" else "Localhost"
            pod.own(_CONTEXT, field, value={"type": kind}, by=by)
        elif name == "label":
            _put_label(said, by, pod)
        elif name == "systempaths" and said == "unconfined":
            pod.own(_CONTEXT, "procMount", value="Unmasked", by=by)


def _put_label(said: str, by: Node, pod: Pod) -> None:
    """`disable` is the type that SELinux does not confine."""
    key, _, value = said.replace("=", ":").partition(":")
    if key == "disable":
        key, value = "type", "spc_t"
    if key in ("user", "role", "type", "level"):
        pod.own(_CONTEXT, "seLinuxOptions", key, value=value, by=by)
