"""What is bound to anonymous is open to whoever reaches the API server."""

from collections.abc import Iterator

from kubeguard.checks.kit import Manifest, Problem, Severity, check, drop
from kubeguard.checks.rbac._bindings import ANONYMOUS, BINDINGS, named, public, role_of


@check(
    "KG4018",
    "Anonymous users are bound",
    on=Manifest,
    severity=Severity.CRITICAL,
    kinds=BINDINGS,
    refs=("NSA-CISA authentication and authorization", "MITRE T1078"),
    like=("trivy:KSV-0122", "kubescape:C-0262"),
)
def anonymous_binding(binding: Manifest) -> Iterator[Problem]:
    if public(binding):
        return
    for name in named(binding, frozenset({"User", "Group"}), ANONYMOUS):
        subject = binding.node.at(*name.path[len(binding.node.path) : -1])
        yield Problem(
            name,
            f"{role_of(binding)} goes to {name.text}: no login is asked for",
            drop(subject, hint=f"remove the subject {name.text}"),
        )
