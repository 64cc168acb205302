"""Without a CPU request a container gets what its neighbours leave over."""

from collections.abc import Iterator

from kubeguard.checks.kit import Container, Problem, Profile, Role, Severity, check
from kubeguard.checks.resources._demands import missing


@check(
    "KG7001",
    "Container without a CPU request",
    on=Container,
    severity=Severity.LOW,
    profile=Profile.RESTRICTED,
    like=(
        "trivy:KSV-0015",
        "checkov:CKV_K8S_10",
        "kube-linter:unset-cpu-requirements",
        "polaris:cpuRequestsMissing",
        "kube-score:container-resources",
        "kubescape:C-0268",
    ),
)
def missing_cpu_request(container: Container) -> Iterator[Problem]:
    if container.role is not Role.INIT:
        yield from missing(container, "requests", "cpu", "request the CPU it uses on a usual day")
