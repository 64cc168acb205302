"""Whether anybody but root may listen below port 1024 is up to the container runtime."""

from collections.abc import Iterator

from kubeguard.checks.kit import (
    Container,
    Node,
    Problem,
    Severity,
    ShippedContainer,
    advise,
    check,
    ports,
)

_SYSCTL = "net.ipv4.ip_unprivileged_port_start"
_CAPABILITIES = ("NET_BIND_SERVICE", "CAP_NET_BIND_SERVICE", "ALL")


@check(
    "KG2503",
    "Container without root listens on a privileged port",
    on=ShippedContainer,
    severity=Severity.LOW,
)
def unbindable_port(shipped: ShippedContainer) -> Iterator[Problem]:
    container, uid = shipped.container, shipped.uid
    if not container.get("ports") or not uid or _is_allowed(container):
        return
    announced = ports.all_tcp(shipped.image.ports)
    for entry in container.node["ports"]:
        port = entry["containerPort"]
        if _is_privileged(entry) and (not announced or port.value in announced):
            message = f"{container} listens on port {port.value} as UID {uid}"
            hint = f"listen above 1023, or let the pod set the sysctl {_SYSCTL}"
            yield Problem(port, f"{message}, which not every runtime allows", advise(hint))


def _is_privileged(entry: Node) -> bool:
    port = entry.get("containerPort")
    return type(port) is int and 0 < port < 1024 and entry.get("protocol") in (None, "TCP")


def _is_allowed(container: Container) -> bool:
    """By a capability of its own, or for the whole pod."""
    added = container.node["securityContext"]["capabilities"]["add"].sequence
    if container.workload.windows or any(each in _CAPABILITIES for each in added):
        return True
    sysctls = container.workload.node["securityContext"]["sysctls"]
    return any(each.get("name") == _SYSCTL for each in sysctls)
