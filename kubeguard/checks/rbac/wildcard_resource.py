"""`resources: ["*"]` covers Secrets, pods/exec and nodes/proxy, whatever the author had in mind."""

from collections.abc import Iterator

from kubeguard.checks.kit import Manifest, Problem, Severity, advise, check
from kubeguard.checks.rbac._rules import ROLES, everything, rules, scope, wildcards


@check(
    "KG4004",
    "Rule covers every resource",
    on=Manifest,
    severity=Severity.HIGH,
    kinds=ROLES,
    refs=(
        "CIS-Kubernetes 5.1.3",
        "CIS-Kubernetes 5.1.2",
        "NSA-CISA authentication and authorization",
    ),
    like=("trivy:KSV-0046", "kube-linter:wildcard-in-rules", "checkov:CKV_K8S_49"),
)
def wildcard_resource(role: Manifest) -> Iterator[Problem]:
    for rule in rules(role):
        resources = wildcards(rule, "resources")
        verbs = [verb.text for verb in rule["verbs"] if verb.text]
        if resources and verbs and "*" not in verbs and everything(rule):
            yield Problem(
                resources[0],
                f"{', '.join(verbs)[:60]} on every resource {scope(role)}: secrets, pods/exec",
                advise("list the resources that are used"),
            )
