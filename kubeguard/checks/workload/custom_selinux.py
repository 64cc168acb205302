"""A custom SELinux label can take a container out of its confinement."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Profile, Severity, Workload, check, drop
from kubeguard.checks.workload._contexts import called, place, setters

_TYPES = ("", "container_t", "container_init_t", "container_kvm_t")


@check(
    "KG3012",
    "SELinux label leaves the container types",
    on=Workload,
    severity=Severity.MEDIUM,
    profile=Profile.BASELINE,
    refs=("PSS baseline", "NSA-CISA pod security", "MITRE T1611"),
    like=("trivy:KSV-0025",),
)
def custom_selinux(workload: Workload) -> Iterator[Problem]:
    for setter, options in setters(workload, "seLinuxOptions"):
        for key in ("user", "role", "type"):
            value = options.get(key)
            if value is None or value == "" or (key == "type" and _contained(value, workload)):
                continue
            where = place(setter, "seLinuxOptions")[key]
            message = f"{called(setter)} sets the SELinux {key} {str(value)[:40]!r}"
            yield Problem(where, message, drop(where))


def _contained(value: object, workload: Workload) -> bool:
    """`container_engine_t` is for engines inside containers and counts since 1.31."""
    if value == "container_engine_t":
        return workload.cluster.version >= (1, 31)
    return value in _TYPES
