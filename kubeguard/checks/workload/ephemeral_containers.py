"""A debugging container in a manifest is somebody's shell that stayed."""

from collections.abc import Iterator

from kubeguard.checks.kit import Container, Problem, Role, Severity, check, drop


@check(
    "KG3031",
    "Manifest holds a debugging container",
    on=Container,
    severity=Severity.MEDIUM,
    refs=("MITRE T1609",),
)
def ephemeral_containers(container: Container) -> Iterator[Problem]:
    if container.role is Role.EPHEMERAL:
        fix = drop(container.node, hint="remove the container")
        yield Problem(container.node, f"{container} was attached to a running pod", fix)
