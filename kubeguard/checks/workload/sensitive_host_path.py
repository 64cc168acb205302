"""Directories that the node trusts must not be open to its pods."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Profile, Severity, Workload, advise, check
from kubeguard.checks.workload._host_paths import Exposure, host_paths


@check(
    "KG3008",
    "Volume shows a sensitive directory of the node",
    on=Workload,
    severity=Severity.HIGH,
    profile=Profile.BASELINE,
    refs=(
        "PSS baseline",
        "CIS-Kubernetes 5.2.11",
        "NSA-CISA pod security",
        "MITRE T1611",
        "MITRE T1552",
    ),
    like=(
        "trivy:KSV-0121",
        "trivy:KSV-0023",
        "kube-linter:sensitive-host-mounts",
        "kubescape:C-0048",
        "polaris:hostPathSet",
    ),
)
def sensitive_host_path(workload: Workload) -> Iterator[Problem]:
    for volume, path, exposure in host_paths(workload):
        if exposure is Exposure.SENSITIVE:
            message = f"volume {volume['name'].text!r} mounts {path[:60]!r} of the node"
            fix = advise("mount only the one file or directory that is needed, read-only, or none")
            yield Problem(volume["hostPath"]["path"], message, fix)
