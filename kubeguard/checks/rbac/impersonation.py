"""Impersonation is becoming somebody else, cluster admins included."""

from collections.abc import Iterator

from kubeguard.checks.kit import Manifest, Problem, Severity, check
from kubeguard.checks.rbac._powers import IMPERSONATE
from kubeguard.checks.rbac._rules import ROLES, grants, quoted

_MIGHTY = {"system:masters", "system:admin"}


@check(
    "KG4010",
    "Role impersonates others",
    on=Manifest,
    severity=Severity.CRITICAL,
    kinds=ROLES,
    refs=("CIS-Kubernetes 5.1.8", "MITRE T1078"),
    like=("trivy:KSV-0043", "checkov:CKV2_K8S_3", "kubescape:C-0065", "kubescape:C-0191"),
)
def impersonation(role: Manifest) -> Iterator[Problem]:
    for grant in grants(role, IMPERSONATE):
        mighty = [name for name in grant.named if isinstance(name, str) and name in _MIGHTY]
        if mighty or not grant.named:
            whom = repr(mighty[0]) if mighty else f"any of {quoted(grant.resources)}"
            how = "" if grant.verbs[0].value != "*" else ": '*' includes the verb impersonate"
            yield Problem(grant.verbs[0], f"the holder can act as {whom}{how}", grant.less_verbs())
