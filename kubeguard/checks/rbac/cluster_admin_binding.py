"""cluster-admin is every right on everything, and nothing that runs in the cluster needs that."""

from collections.abc import Iterator

from kubeguard.checks.kit import Manifest, Problem, Severity, advise, check
from kubeguard.checks.rbac._bindings import CLUSTER_ROLE_BINDING, cluster_admins, few


@check(
    "KG4015",
    "cluster-admin is bound",
    on=Manifest,
    severity=Severity.CRITICAL,
    kinds=(CLUSTER_ROLE_BINDING,),
    refs=("CIS-Kubernetes 5.1.1", "NSA-CISA authentication and authorization", "MITRE T1078"),
    like=(
        "trivy:KSV-0111",
        "kubescape:C-0035",
        "kubescape:C-0185",
        "kube-linter:cluster-admin-role-binding",
        "polaris:clusterrolebindingClusterAdmin",
    ),
)
def cluster_admin_binding(binding: Manifest) -> Iterator[Problem]:
    admins = cluster_admins(binding)
    if admins:
        yield Problem(
            binding.node["roleRef"]["name"],
            f"{few(admins)} may do everything in the cluster",
            advise("bind a role with the rights that are used"),
        )
