"""An emptyDir without a size limit fills the disk, or the memory, of the whole node."""

import re
from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Profile, Role, Severity, Workload, advise, check
from kubeguard.checks.resources._demands import inherited

_ZERO = re.compile(r"0*\.?0*[A-Za-z]*")


@check(
    "KG7005",
    "emptyDir without a size limit",
    on=Workload,
    severity=Severity.LOW,
    profile=Profile.RESTRICTED,
    refs=("MITRE T1499",),
)
def unlimited_empty_dir(workload: Workload) -> Iterator[Problem]:
    if not workload.get("volumes"):
        return
    for volume in workload.node["volumes"]:
        if not _empty_dir(volume.mapping) or not _unset(volume.get("emptyDir", "sizeLimit")):
            continue
        memory = volume.get("emptyDir", "medium") == "Memory"
        if not _bounded(workload, "memory" if memory else "ephemeral-storage"):
            yield Problem(
                volume["emptyDir"]["sizeLimit"],
                f"volume {volume['name'].text!r} may fill the {_what(memory)} of the node",
                advise("set sizeLimit to what the volume is meant to hold"),
            )


def _empty_dir(volume: dict[str, object]) -> bool:
    """A volume that names no source becomes an emptyDir (API defaulting of core/v1 Volume)."""
    if volume.get("emptyDir") is not None:
        return True
    return "name" in volume and all(v is None for key, v in volume.items() if key != "name")


def _unset(limit: object) -> bool:
    """Absent, or a quantity of zero, which the kubelet takes for none."""
    return limit is None or _ZERO.fullmatch(str(limit)) is not None


def _bounded(workload: Workload, resource: str) -> bool:
    """Whether the pod has a limit, its own or the sum of all containers', that volumes count in."""
    if inherited(workload, "limits", resource):
        return True
    containers = [c for c in workload.containers if c.role in (Role.REGULAR, Role.SIDECAR)]
    return bool(containers) and all(
        c.get("resources", "limits", resource) is not None for c in containers
    )


def _what(memory: bool) -> str:
    return "memory" if memory else "disk"
