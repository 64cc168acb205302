"""A shell in a running pod is everything that pod may do and knows."""

from collections.abc import Iterator

from kubeguard.checks.kit import Manifest, Problem, Severity, check
from kubeguard.checks.rbac._powers import ENTER_PODS
from kubeguard.checks.rbac._rules import ROLES, grants, scope


@check(
    "KG4009",
    "Role opens shells in running pods",
    on=Manifest,
    severity=Severity.HIGH,
    kinds=ROLES,
    refs=("MITRE T1609", "NSA-CISA authentication and authorization"),
    like=(
        "trivy:KSV-0053",
        "checkov:CKV2_K8S_2",
        "kubescape:C-0002",
        "polaris:clusterrolePodExecAttach",
        "polaris:rolePodExecAttach",
    ),
)
def pod_exec(role: Manifest) -> Iterator[Problem]:
    for grant in grants(role, *ENTER_PODS):
        if not grant.named:
            yield Problem(
                grant.resources[0],
                f"{grant.what} enters any pod {scope(role)}",
                grant.less_resources(),
            )
