"""Whoever edits bindings decides who else holds the rights they hold."""

from collections.abc import Iterator

from kubeguard.checks.kit import Manifest, Problem, Severity, advise, check
from kubeguard.checks.rbac._powers import EDIT_BINDINGS
from kubeguard.checks.rbac._rules import ROLES, grants


@check(
    "KG4013",
    "Role edits role bindings",
    on=Manifest,
    severity=Severity.MEDIUM,
    kinds=ROLES,
    refs=("CIS-Kubernetes 5.1.8", "MITRE T1098"),
    like=("trivy:KSV-0055", "checkov:CKV2_K8S_1"),
)
def binding_edits(role: Manifest) -> Iterator[Problem]:
    for grant in grants(role, EDIT_BINDINGS):
        if not grant.named:
            yield Problem(
                grant.resources[0],
                f"{grant.what} passes the holder's rights on to anybody",
                advise("leave bindings to the people or the pipeline that review them"),
            )
