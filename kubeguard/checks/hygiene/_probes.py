"""Which containers a kubelet should ask how they are."""

from collections.abc import Iterator

from kubeguard.checks.kit import Container, Problem, Role, Workload, advise

_HANDLERS = ("exec", "grpc", "httpGet", "tcpSocket")


def unprobed(workload: Workload, probe: str, hint: str) -> Iterator[Problem]:
    """Containers that stay up but have no such probe; what runs to completion needs none."""
    kind = workload.manifest.kind
    if kind.endswith("Job") or workload.get("restartPolicy") in ("Never", "OnFailure"):
        return
    for container in workload.containers:
        if container.role in (Role.REGULAR, Role.SIDECAR) and not _asks(container, probe):
            name = probe.removesuffix("Probe")
            yield Problem(container.node[probe], f"{container} has no {name} probe", advise(hint))


def _asks(container: Container, probe: str) -> bool:
    value = container.get(probe)
    return isinstance(value, dict) and any(value.get(h) is not None for h in _HANDLERS)
