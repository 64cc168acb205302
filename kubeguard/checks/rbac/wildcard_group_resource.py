"""A wildcard on an API group grows with every resource the group gets."""

from collections.abc import Iterator

from kubeguard.checks.kit import Manifest, Problem, Severity, advise, check
from kubeguard.checks.rbac._powers import dangerous
from kubeguard.checks.rbac._rules import ROLES, everything, quoted, rules, wildcards

_READ = {"get", "list", "watch"}


@check(
    "KG4005",
    "Rule may change every resource of an API group",
    on=Manifest,
    severity=Severity.MEDIUM,
    kinds=ROLES,
    refs=("CIS-Kubernetes 5.1.3",),
    like=("trivy:KSV-0046", "kube-linter:wildcard-in-rules", "checkov:CKV_K8S_49"),
)
def wildcard_group_resource(role: Manifest) -> Iterator[Problem]:
    for rule in rules(role):
        resources = wildcards(rule, "resources")
        if not resources or everything(rule) or dangerous(rule):
            continue
        verbs = {verb.text for verb in rule["verbs"]}
        if not verbs <= _READ:
            yield Problem(
                resources[0],
                f"every resource of {quoted(rule['apiGroups'])[:60]}, those to come included",
                advise("list the resources that are used"),
            )
