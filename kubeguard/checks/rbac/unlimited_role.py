"""A Role with `*` on `*` reads every Secret of its namespace and runs anything in it."""

from collections.abc import Iterator

from kubeguard.checks.kit import Manifest, Problem, Severity, advise, check
from kubeguard.checks.rbac._rules import ROLE, everything, rules, wildcards


@check(
    "KG4002",
    "Role allows everything in its namespace",
    on=Manifest,
    severity=Severity.HIGH,
    kinds=(ROLE,),
    refs=("CIS-Kubernetes 5.1.3", "NSA-CISA authentication and authorization"),
    like=("trivy:KSV-0112", "checkov:CKV_K8S_49", "kube-linter:wildcard-in-rules"),
)
def unlimited_role(role: Manifest) -> Iterator[Problem]:
    for rule in rules(role):
        verbs = wildcards(rule, "verbs")
        if verbs and everything(rule) and wildcards(rule, "resources"):
            yield Problem(
                verbs[0],
                "every verb on every resource: whoever is bound to the role owns its namespace",
                advise("list the API groups, resources and verbs that are used"),
            )
