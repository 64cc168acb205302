"""Even where root is nobody on the node, the masks over /proc still hide something."""

from collections.abc import Iterator

from kubeguard.checks.kit import Container, Grade, Problem, Severity, check, put
from kubeguard.checks.workload._user_namespaces import shielded


@check(
    "KG3025",
    "Container in a user namespace sees an unmasked /proc",
    on=Container,
    severity=Severity.LOW,
    refs=("PSS restricted",),
    like=("trivy:KSV-0027", "kube-linter:unsafe-proc-mount", "polaris:procMount"),
)
def unmasked_proc_in_user_namespace(container: Container) -> Iterator[Problem]:
    kind = container.own.get("procMount")
    if kind is not None and kind != "Default" and shielded(container.workload):
        where = container.node["securityContext"]["procMount"]
        fix = put(where, "Default", grade=Grade.UNSAFE)
        yield Problem(where, f"{container} sets procMount to {str(kind)[:40]!r}", fix)
