"""A process that may gain privileges makes every setuid program in the image a way to root."""

from collections.abc import Iterator

from kubeguard.checks.kit import Container, Fix, Problem, Severity, advise, check, put
from kubeguard.checks.workload._capabilities import added, rules_the_node


@check(
    "KG3019",
    "Container lets processes gain privileges",
    on=Container,
    severity=Severity.MEDIUM,
    refs=("PSS restricted", "CIS-Kubernetes 5.2.6", "NSA-CISA pod security", "MITRE T1548"),
    like=(
        "trivy:KSV-0001",
        "checkov:CKV_K8S_20",
        "kube-linter:privilege-escalation-container",
        "polaris:privilegeEscalationAllowed",
        "kubescape:C-0016",
    ),
)
def privilege_escalation(container: Container) -> Iterator[Problem]:
    flag = container.own.get("allowPrivilegeEscalation")
    if flag is not False and not container.workload.windows:
        where = container.node["securityContext"]["allowPrivilegeEscalation"]
        said = "allows privilege escalation" if flag else "does not forbid privilege escalation"
        yield Problem(where, f"{container} {said}", _fix(container))


def _fix(container: Container) -> Fix:
    """The API server refuses `false` beside `privileged` or SYS_ADMIN."""
    if container.own.get("privileged") is True or any(
        rules_the_node(name) for name, _ in added(container)
    ):
        return advise("drop privileged and SYS_ADMIN first, then forbid escalation")
    return put(container.node["securityContext"]["allowPrivilegeEscalation"], False)
