"""Whoever can talk to the container runtime owns the node."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Profile, Severity, Workload, advise, check
from kubeguard.checks.workload._host_paths import Exposure, host_paths


@check(
    "KG3009",
    "Volume reaches the container runtime's socket",
    on=Workload,
    severity=Severity.CRITICAL,
    profile=Profile.BASELINE,
    refs=(
        "PSS baseline",
        "CIS-Kubernetes 5.2.11",
        "CIS-Docker 5.32",
        "NSA-CISA pod security",
        "MITRE T1611",
    ),
    like=(
        "trivy:KSV-0006",
        "trivy:KSV-0023",
        "checkov:CKV_K8S_27",
        "kube-linter:docker-sock",
        "kubescape:C-0074",
        "polaris:hostPathSet",
    ),
)
def runtime_socket(workload: Workload) -> Iterator[Problem]:
    for volume, path, exposure in host_paths(workload):
        if exposure is Exposure.RUNTIME_SOCKET:
            name = volume["name"].text
            message = f"volume {name!r} mounts {path[:60]!r}, the way to the container runtime"
            fix = advise("build and list containers through an API that checks who asks")
            yield Problem(volume["hostPath"]["path"], message, fix)
