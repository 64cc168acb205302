"""The masks over /proc hide the parts of the kernel that containers must not touch."""

from collections.abc import Iterator

from kubeguard.checks.kit import Container, Grade, Problem, Profile, Severity, check, put
from kubeguard.checks.workload._user_namespaces import shielded


@check(
    "KG3013",
    "Container sees an unmasked /proc",
    on=Container,
    severity=Severity.MEDIUM,
    profile=Profile.BASELINE,
    refs=("PSS baseline", "NSA-CISA pod security", "MITRE T1611"),
    like=("trivy:KSV-0027", "kube-linter:unsafe-proc-mount", "polaris:procMount"),
)
def unmasked_proc(container: Container) -> Iterator[Problem]:
    kind = container.own.get("procMount")
    if kind is None or kind == "Default" or shielded(container.workload):
        return
    where = container.node["securityContext"]["procMount"]
    fix = put(where, "Default", grade=Grade.UNSAFE)
    yield Problem(where, f"{container} sets procMount to {str(kind)[:40]!r}", fix)
