"""`verbs: ["*"]` grants verbs nobody thought of, today's and tomorrow's."""

from collections.abc import Iterator

from kubeguard.checks.kit import Manifest, Problem, Severity, advise, check
from kubeguard.checks.rbac._powers import dangerous
from kubeguard.checks.rbac._rules import ROLES, quoted, rules, wildcards


@check(
    "KG4003",
    "Rule allows every verb",
    on=Manifest,
    severity=Severity.MEDIUM,
    kinds=ROLES,
    refs=("CIS-Kubernetes 5.1.3",),
    like=("trivy:KSV-0045", "kube-linter:wildcard-in-rules", "checkov:CKV_K8S_49"),
)
def wildcard_verb(role: Manifest) -> Iterator[Problem]:
    for rule in rules(role):
        verbs, resources = wildcards(rule, "verbs"), rule["resources"]
        if not verbs or not resources.sequence or wildcards(rule, "resources"):
            continue
        if not dangerous(rule):
            yield Problem(
                verbs[0],
                f"every verb on {_few(quoted(resources))}, deletecollection included",
                advise("list the verbs that are used, such as get, list, watch, create, update"),
            )


def _few(text: str) -> str:
    return text if len(text) <= 60 else text[:57] + "..."
