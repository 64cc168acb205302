"""Without a memory limit one leak or one attacker takes the whole node down."""

from collections.abc import Iterator

from kubeguard.checks.kit import Container, Problem, Profile, Severity, check
from kubeguard.checks.resources._demands import missing


@check(
    "KG7004",
    "Container without a memory limit",
    on=Container,
    severity=Severity.LOW,
    profile=Profile.RESTRICTED,
    refs=("NSA-CISA resource policies", "MITRE T1499"),
    like=(
        "trivy:KSV-0018",
        "checkov:CKV_K8S_13",
        "kube-linter:unset-memory-requirements",
        "polaris:memoryLimitsMissing",
        "kube-score:container-resources",
        "kubescape:C-0271",
        "kubescape:C-0004",
    ),
)
def missing_memory_limit(container: Container) -> Iterator[Problem]:
    yield from missing(container, "limits", "memory", "limit the memory to what it may ever need")
