"""Without a seccomp profile a container may ask the kernel for everything."""

from collections.abc import Iterator

from kubeguard.checks.kit import Grade, Problem, Severity, Workload, check, put


@check(
    "KG3022",
    "Container has no seccomp profile",
    on=Workload,
    severity=Severity.MEDIUM,
    refs=("PSS restricted", "CIS-Kubernetes 5.6.2", "NSA-CISA pod security", "MITRE T1611"),
    like=(
        "trivy:KSV-0030",
        "checkov:CKV_K8S_31",
        "kube-score:container-seccomp-profile",
        "kubescape:C-0210",
    ),
)
def missing_seccomp(workload: Workload) -> Iterator[Problem]:
    # A profile that is present but wrong is unconfined_seccomp's to report, wherever it is.
    pod = workload.get("securityContext", "seccompProfile")
    if isinstance(pod, dict) or workload.windows:
        return
    for container in workload.containers:
        if not isinstance(container.own.get("seccompProfile"), dict):
            where = container.node["securityContext"]["seccompProfile"]
            fix = put(where["type"], "RuntimeDefault", grade=Grade.UNSAFE)
            yield Problem(where, f"{container} has no seccomp profile", fix)
