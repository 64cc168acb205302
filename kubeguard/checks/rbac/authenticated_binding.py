"""system:authenticated is every user, every pod and, on some clouds, everybody with an account."""

from collections.abc import Iterator

from kubeguard.checks.kit import Manifest, Problem, Severity, check, drop
from kubeguard.checks.rbac._bindings import BINDINGS, EVERYBODY, named, public, role_of


@check(
    "KG4019",
    "Every authenticated user is bound",
    on=Manifest,
    severity=Severity.HIGH,
    kinds=BINDINGS,
    refs=("NSA-CISA authentication and authorization", "MITRE T1078"),
    like=("trivy:KSV-01011", "kubescape:C-0265"),
)
def authenticated_binding(binding: Manifest) -> Iterator[Problem]:
    if public(binding):
        return
    for name in named(binding, frozenset({"Group"}), frozenset({EVERYBODY})):
        subject = binding.node.at(*name.path[len(binding.node.path) : -1])
        yield Problem(
            name,
            f"{role_of(binding)} goes to every user and every pod with a token",
            drop(subject, hint=f"remove the subject {name.text}, bind a group instead"),
        )
