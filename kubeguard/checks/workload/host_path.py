"""A hostPath volume ties the pod to the node and the node to the pod."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Profile, Severity, Workload, advise, check
from kubeguard.checks.workload._host_paths import Exposure, host_paths


@check(
    "KG3007",
    "Volume shows a path of the node",
    on=Workload,
    severity=Severity.MEDIUM,
    profile=Profile.BASELINE,
    refs=("PSS baseline", "CIS-Kubernetes 5.2.11", "NSA-CISA pod security", "MITRE T1611"),
    like=("trivy:KSV-0023", "kubescape:C-0048", "polaris:hostPathSet"),
)
def host_path(workload: Workload) -> Iterator[Problem]:
    for volume, path, exposure in host_paths(workload):
        if exposure is Exposure.OTHER:
            message = f"volume {volume['name'].text!r} mounts {path[:60]!r} of the node"
            fix = advise("use emptyDir, a PersistentVolumeClaim or a projected volume instead")
            yield Problem(volume["hostPath"]["path"], message, fix)
