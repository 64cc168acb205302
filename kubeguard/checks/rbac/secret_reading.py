"""A Role that lists Secrets reads all of a namespace's credentials, not just its own."""

from collections.abc import Iterator

from kubeguard.checks.kit import Manifest, Problem, Severity, advise, check
from kubeguard.checks.rbac._powers import READ_SECRETS
from kubeguard.checks.rbac._rules import ROLE, grants


@check(
    "KG4007",
    "Role reads every Secret of its namespace",
    on=Manifest,
    severity=Severity.MEDIUM,
    kinds=(ROLE,),
    refs=("CIS-Kubernetes 5.1.2", "MITRE T1552"),
    like=(
        "trivy:KSV-0113",
        "checkov:CKV2_K8S_5",
        "kube-linter:access-to-secrets",
        "kubescape:C-0186",
    ),
)
def secret_reading(role: Manifest) -> Iterator[Problem]:
    for grant in grants(role, READ_SECRETS):
        if not grant.named:
            yield Problem(
                grant.resources[0],
                f"{grant.what} reads every Secret of the namespace",
                advise("name the Secrets that are needed in resourceNames, with only the verb get"),
            )
