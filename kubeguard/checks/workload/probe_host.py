"""A probe with a host makes the kubelet call wherever the pod's author likes."""

from collections.abc import Iterator

from kubeguard.checks.kit import Container, Problem, Profile, Severity, check, drop

_HOSTS = tuple(
    (*handler, action, "host")
    for handler in (
        ("livenessProbe",),
        ("readinessProbe",),
        ("startupProbe",),
        ("lifecycle", "postStart"),
        ("lifecycle", "preStop"),
    )
    for action in ("httpGet", "tcpSocket")
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
    fields = container.node.mapping
    for path in _HOSTS:
        host = container.get(*path) if path[0] in fields else None
        if isinstance(host, str) and host:
            where = container.node.at(*path)
            message = f"the {path[-3]} of {container} makes the kubelet call {host[:60]!r}"
            yield Problem(where, message, drop(where, hint="remove host"))
