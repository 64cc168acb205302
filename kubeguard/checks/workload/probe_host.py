"""A probe with a host makes the kubelet call wherever the pod's author likes."""

from collections.abc import Iterator

from kubeguard.checks.kit import Container, Node, Problem, Profile, Severity, check, drop

_HANDLERS = (
    ("livenessProbe",),
    ("readinessProbe",),
    ("startupProbe",),
    ("lifecycle", "postStart"),
    ("lifecycle", "preStop"),
)


@check(
    "KG3017",
    "Probe or lifecycle hook calls another host",
    on=Container,
    severity=Severity.MEDIUM,
    profile=Profile.BASELINE,
    refs=("PSS baseline", "CWE-918"),
)
def probe_host(container: Container) -> Iterator[Problem]:
    if container.cluster.version < (1, 34):
        return
    for handler in _HANDLERS:
        if handler[0] in container.node.mapping:
            yield from _hosts(container, container.node.at(*handler))


def _hosts(container: Container, handler: Node) -> Iterator[Problem]:
    for action in ("httpGet", "tcpSocket"):
        host = handler.get(action, "host")
        if isinstance(host, str) and host:
            where = handler[action]["host"]
            name = handler.path[-1]
            message = f"the {name} of {container} makes the kubelet call {host[:60]!r}"
            yield Problem(where, message, drop(where))
