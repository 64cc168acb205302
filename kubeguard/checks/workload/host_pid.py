"""Pods that see the node's processes can read their secrets and signal them."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Profile, Severity, Workload, check, drop


@check(
    "KG3002",
    "Workload shares the node's process namespace",
    on=Workload,
    severity=Severity.HIGH,
    profile=Profile.BASELINE,
    refs=("PSS baseline", "CIS-Kubernetes 5.2.3", "NSA-CISA pod security", "MITRE T1611"),
    like=(
        "trivy:KSV-0010",
        "checkov:CKV_K8S_17",
        "kube-linter:host-pid",
        "polaris:hostPIDSet",
        "kubescape:C-0038",
        "kubescape:C-0275",
    ),
)
def host_pid(workload: Workload) -> Iterator[Problem]:
    if workload.get("hostPID") is True:
        flag = workload.node["hostPID"]
        yield Problem(flag, "the pod sees every process of the node", drop(flag))
