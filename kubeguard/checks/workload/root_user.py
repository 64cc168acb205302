"""Root in a container is root on the node once anything else gives way."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Severity, Workload, advise, check
from kubeguard.checks.workload._ids import is_root
from kubeguard.checks.workload._user_namespaces import shielded

_HINT = "give the image a user of its own and name its number in runAsUser"


@check(
    "KG3021",
    "Container is told to run as root",
    on=Workload,
    severity=Severity.HIGH,
    refs=("PSS restricted", "CIS-Kubernetes 5.2.7", "NSA-CISA pod security", "MITRE T1611"),
    like=("trivy:KSV-0105", "kube-linter:run-as-non-root", "polaris:runAsRootAllowed"),
)
def root_user(workload: Workload) -> Iterator[Problem]:
    if shielded(workload):
        return
    if is_root(workload.get("securityContext", "runAsUser")):
        where = workload.node["securityContext"]["runAsUser"]
        yield Problem(where, "the pod runs its containers as UID 0", advise(_HINT))
    for container in workload.containers:
        if is_root(container.own.get("runAsUser")):
            where = container.node["securityContext"]["runAsUser"]
            yield Problem(where, f"{container} runs as UID 0", advise(_HINT))
