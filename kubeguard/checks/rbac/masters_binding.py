"""Members of system:masters pass every check in the API server, and no binding can take it back."""

from collections.abc import Iterator

from kubeguard.checks.kit import Manifest, Problem, Severity, advise, check
from kubeguard.checks.rbac._bindings import BINDINGS, MASTERS, named, role_of


@check(
    "KG4017",
    "system:masters is bound",
    on=Manifest,
    severity=Severity.MEDIUM,
    kinds=BINDINGS,
    refs=("CIS-Kubernetes 5.1.7",),
    like=("trivy:KSV-0123", "kubescape:C-0246"),
)
def masters_binding(binding: Manifest) -> Iterator[Problem]:
    for name in named(binding, frozenset({"Group"}), frozenset({MASTERS})):
        yield Problem(
            name,
            f"{role_of(binding)} goes to {MASTERS}, which bypasses RBAC and cannot be revoked",
            advise("bind an ordinary group, and keep system:masters for breaking glass"),
        )
