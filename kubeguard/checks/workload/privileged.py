"""A privileged container is root on the node with one more step."""

from collections.abc import Iterator

from kubeguard.checks.kit import Container, Grade, Problem, Profile, Severity, check, put


@check(
    "KG3004",
    "Container is privileged",
    on=Container,
    severity=Severity.CRITICAL,
    profile=Profile.BASELINE,
    refs=("PSS baseline", "CIS-Kubernetes 5.2.2", "NSA-CISA pod security", "MITRE T1611"),
    like=(
        "trivy:KSV-0017",
        "checkov:CKV_K8S_16",
        "kube-linter:privileged-container",
        "polaris:runAsPrivileged",
        "kube-score:container-security-context-privileged",
        "kubescape:C-0057",
    ),
)
def privileged(container: Container) -> Iterator[Problem]:
    if container.own.get("privileged") is True:
        flag = container.node["securityContext"]["privileged"]
        fix = put(flag, False, grade=Grade.UNSAFE)
        yield Problem(flag, f"{container} is privileged", fix)
