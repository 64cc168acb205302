"""Without a memory request a pod is placed where there is no room, and evicted first."""

from collections.abc import Iterator

from kubeguard.checks.kit import Container, Problem, Profile, Role, Severity, check
from kubeguard.checks.resources._demands import missing


@check(
    "KG7003",
    "Container without a memory request",
    on=Container,
    severity=Severity.LOW,
    profile=Profile.RESTRICTED,
    like=(
        "trivy:KSV-0016",
        "checkov:CKV_K8S_12",
        "kube-linter:unset-memory-requirements",
        "polaris:memoryRequestsMissing",
        "kube-score:container-resources",
        "kubescape:C-0269",
    ),
)
def missing_memory_request(container: Container) -> Iterator[Problem]:
    if container.role is not Role.INIT:
        yield from missing(container, "requests", "memory", "request the memory it usually holds")
