"""Without a CPU limit a runaway or hijacked container burns all idle CPU of its node."""

from collections.abc import Iterator

from kubeguard.checks.kit import Container, Problem, Profile, Severity, check
from kubeguard.checks.resources._demands import missing


@check(
    "KG7002",
    "Container without a CPU limit",
    on=Container,
    severity=Severity.LOW,
    profile=Profile.PEDANTIC,
    refs=("NSA-CISA resource policies", "MITRE T1496"),
    like=(
        "trivy:KSV-0011",
        "checkov:CKV_K8S_11",
        "polaris:cpuLimitsMissing",
        "kube-score:container-resources",
        "kubescape:C-0270",
        "kubescape:C-0050",
    ),
)
def missing_cpu_limit(container: Container) -> Iterator[Problem]:
    yield from missing(container, "limits", "cpu", "limit the CPU to what a busy hour needs")
