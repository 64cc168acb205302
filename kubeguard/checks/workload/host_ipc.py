"""Pods in the node's IPC namespace can read the shared memory of its processes."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Profile, Severity, Workload, check, drop


@check(
    "KG3003",
    "Workload shares the node's IPC namespace",
    on=Workload,
    severity=Severity.HIGH,
    profile=Profile.BASELINE,
    refs=("PSS baseline", "CIS-Kubernetes 5.2.4", "NSA-CISA pod security", "MITRE T1611"),
    like=(
        "trivy:KSV-0008",
        "checkov:CKV_K8S_18",
        "kube-linter:host-ipc",
        "polaris:hostIPCSet",
        "kubescape:C-0038",
        "kubescape:C-0276",
    ),
)
def host_ipc(workload: Workload) -> Iterator[Problem]:
    if workload.get("hostIPC") is True:
        flag = workload.node["hostIPC"]
        yield Problem(flag, "the pod joins the node's IPC namespace", drop(flag))
