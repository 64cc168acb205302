"""A ClusterRole with `*` on `*` is cluster-admin under another name."""

from collections.abc import Iterator

from kubeguard.checks.kit import Manifest, Problem, Severity, advise, check
from kubeguard.checks.rbac._rules import CLUSTER_ROLE, everything, rules, wildcards
from kubeguard.checks.rbac._shipped import shipped

_EMPTY: tuple[object, ...] = (None, {}, [])


@check(
    "KG4001",
    "ClusterRole allows everything",
    on=Manifest,
    severity=Severity.CRITICAL,
    kinds=(CLUSTER_ROLE,),
    refs=("CIS-Kubernetes 5.1.3", "NSA-CISA authentication and authorization", "MITRE T1078"),
    like=(
        "trivy:KSV-0044",
        "checkov:CKV_K8S_49",
        "kube-linter:wildcard-in-rules",
        "kubescape:C-0187",
    ),
)
def unlimited_cluster_role(role: Manifest) -> Iterator[Problem]:
    for rule in rules(role):
        verbs = wildcards(rule, "verbs")
        if verbs and everything(rule) and wildcards(rule, "resources"):
            yield Problem(
                verbs[0],
                "every verb on every resource: whoever is bound to the role owns the cluster",
                advise("list the API groups, resources and verbs that are used"),
            )
    for selector in role.node["aggregationRule"]["clusterRoleSelectors"]:
        if not shipped(role) and all(
            selector.get(key) in _EMPTY for key in ("matchLabels", "matchExpressions")
        ):
            yield Problem(
                selector,
                "an empty selector aggregates every ClusterRole, cluster-admin included",
                advise("select the ClusterRoles that belong to this one by a label"),
            )
