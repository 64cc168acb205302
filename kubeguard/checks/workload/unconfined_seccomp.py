"""Without seccomp every system call of the kernel is within reach."""

from collections.abc import Iterator

from kubeguard.checks.kit import Grade, Problem, Profile, Severity, Workload, check, put
from kubeguard.checks.workload._contexts import called, place, setters


@check(
    "KG3014",
    "Seccomp is turned off",
    on=Workload,
    severity=Severity.MEDIUM,
    profile=Profile.BASELINE,
    refs=("PSS baseline", "CIS-Kubernetes 5.6.2", "NSA-CISA pod security", "MITRE T1611"),
    like=("trivy:KSV-0104", "kubescape:C-0210"),
)
def unconfined_seccomp(workload: Workload) -> Iterator[Problem]:
    for setter, profile in setters(workload, "seccompProfile"):
        kind = profile.get("type")
        if kind not in ("RuntimeDefault", "Localhost"):
            where = place(setter, "seccompProfile")["type"]
            said = "sets no type" if kind in (None, "") else f"is {str(kind)[:40]!r}"
            fix = put(where, "RuntimeDefault", grade=Grade.UNSAFE)
            yield Problem(where, f"the seccomp profile of {called(setter)} {said}", fix)
