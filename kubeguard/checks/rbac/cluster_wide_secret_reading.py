"""Whoever reads every Secret is, one token later, everybody."""

from collections.abc import Iterator

from kubeguard.checks.kit import Manifest, Problem, Severity, advise, check
from kubeguard.checks.rbac._powers import READ_SECRETS
from kubeguard.checks.rbac._rules import CLUSTER_ROLE, grants


@check(
    "KG4006",
    "ClusterRole reads Secrets",
    on=Manifest,
    severity=Severity.HIGH,
    kinds=(CLUSTER_ROLE,),
    refs=("CIS-Kubernetes 5.1.2", "MITRE T1552", "NSA-CISA authentication and authorization"),
    like=(
        "trivy:KSV-0041",
        "checkov:CKV2_K8S_5",
        "kube-linter:access-to-secrets",
        "kubescape:C-0186",
    ),
)
def cluster_wide_secret_reading(role: Manifest) -> Iterator[Problem]:
    for grant in grants(role, READ_SECRETS):
        if not grant.named:
            yield Problem(
                grant.resources[0],
                f"{grant.what} reads every Secret the role is bound to see, tokens included",
                advise("use a Role in each namespace, with resourceNames and only the verb get"),
            )
