"""Pods on the node's network skip every network policy."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Profile, Severity, Workload, check, drop


@check(
    "KG3001",
    "Workload shares the node's network",
    on=Workload,
    severity=Severity.HIGH,
    profile=Profile.BASELINE,
    refs=("PSS baseline", "CIS-Kubernetes 5.2.5", "NSA-CISA pod security", "MITRE T1611"),
    like=(
        "trivy:KSV-0009",
        "checkov:CKV_K8S_19",
        "kube-linter:host-network",
        "polaris:hostNetworkSet",
        "kubescape:C-0041",
    ),
)
def host_network(workload: Workload) -> Iterator[Problem]:
    if workload.get("hostNetwork") is True:
        flag = workload.node["hostNetwork"]
        yield Problem(flag, "the pod joins the node's network namespace", drop(flag))
