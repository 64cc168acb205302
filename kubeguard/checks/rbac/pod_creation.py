"""Whoever creates pods chooses their service account, their Secrets and, unpoliced, their node."""

from collections.abc import Iterator

from kubeguard.checks.kit import Manifest, Problem, Severity, advise, check
from kubeguard.checks.rbac._powers import CREATE_PODS
from kubeguard.checks.rbac._rules import ROLES, grants, scope


@check(
    "KG4008",
    "Role creates pods",
    on=Manifest,
    severity=Severity.MEDIUM,
    kinds=ROLES,
    refs=("CIS-Kubernetes 5.1.4", "MITRE T1610"),
    like=("kubescape:C-0188", "kube-linter:access-to-create-pods", "trivy:KSV-0048"),
)
def pod_creation(role: Manifest) -> Iterator[Problem]:
    for grant in grants(role, *CREATE_PODS):
        if not grant.named:
            yield Problem(
                grant.resources[0],
                f"{grant.what} runs any image as any service account {scope(role)}",
                advise("leave it to the one deployer, and enforce Pod Security where it deploys"),
            )
