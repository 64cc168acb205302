"""The verb `escalate` writes any right into a role, which switches off RBAC's own safeguard."""

from collections.abc import Iterator

from kubeguard.checks.kit import Manifest, Problem, Severity, check
from kubeguard.checks.rbac._powers import ESCALATE
from kubeguard.checks.rbac._rules import ROLES, grants, quoted


@check(
    "KG4012",
    "Role widens roles beyond its own rights",
    on=Manifest,
    severity=Severity.CRITICAL,
    kinds=ROLES,
    refs=("CIS-Kubernetes 5.1.8", "MITRE T1098"),
    like=("trivy:KSV-0050", "checkov:CKV_K8S_158", "kubescape:C-0191"),
)
def role_escalation(role: Manifest) -> Iterator[Problem]:
    for grant in grants(role, ESCALATE):
        verb = grant.verbs[0]
        how = ": '*' includes the verbs escalate and bind" if verb.value == "*" else ""
        yield Problem(
            verb,
            f"the holder can give {quoted(grant.resources)} any right{how}",
            grant.less_verbs(),
        )
