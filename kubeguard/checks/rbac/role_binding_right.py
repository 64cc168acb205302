"""The verb `bind` hands out rights that its holder does not have."""

from collections.abc import Iterator

from kubeguard.checks.kit import Manifest, Problem, Severity, check
from kubeguard.checks.rbac._powers import BIND
from kubeguard.checks.rbac._rules import ROLES, grants

_MIGHTY = {"admin", "cluster-admin", "edit"}


@check(
    "KG4011",
    "Role binds roles beyond its own rights",
    on=Manifest,
    severity=Severity.CRITICAL,
    kinds=ROLES,
    refs=("CIS-Kubernetes 5.1.8", "MITRE T1098"),
    like=("trivy:KSV-0051", "trivy:KSV-0052", "checkov:CKV_K8S_157", "kubescape:C-0191"),
)
def role_binding_right(role: Manifest) -> Iterator[Problem]:
    for grant in grants(role, BIND):
        mighty = [name for name in grant.named if isinstance(name, str) and name in _MIGHTY]
        verbs = [verb for verb in grant.verbs if verb.value == "bind"]
        if verbs and (mighty or not grant.named):
            what = repr(mighty[0]) if mighty else "any role, cluster-admin included"
            yield Problem(
                verbs[0], f"the holder can bind {what}, to itself too", grant.less_verbs()
            )
