"""A HostProcess container is a process of the Windows node, not a container."""

from collections.abc import Iterator

from kubeguard.checks.kit import Grade, Problem, Profile, Severity, Workload, check, put
from kubeguard.checks.workload._contexts import called, place, setters


@check(
    "KG3016",
    "Windows container runs as a process of the node",
    on=Workload,
    severity=Severity.HIGH,
    profile=Profile.BASELINE,
    refs=("PSS baseline", "CIS-Kubernetes 5.2.10", "MITRE T1611"),
    like=("trivy:KSV-0103", "polaris:hostProcess", "kubescape:C-0202"),
)
def windows_host_process(workload: Workload) -> Iterator[Problem]:
    for setter, options in setters(workload, "windowsOptions"):
        if options.get("hostProcess") is True:
            where = place(setter, "windowsOptions")["hostProcess"]
            message = f"{called(setter)} runs in HostProcess mode"
            yield Problem(where, message, put(where, False, grade=Grade.UNSAFE))
