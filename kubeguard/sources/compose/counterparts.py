"""Which key of a Compose service says what a field of a pod says, and how to mend it there.

This table is the rule by which checks apply to Compose files: what a service lacks is told only
when its pod's field stands here. Service accounts, namespaces, network policies, liveness probes
and resource requests have no counterpart.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from kubeguard.model.location import Path


class Counterpart(NamedTuple):
    """The key of the service, and advice in the words of Compose ('': that of the check fits)."""

    key: str
    advice: str = ""


CONTAINER: Path = ("containers", 0)
_SECURITY: Path = (*CONTAINER, "securityContext")
_USER = Counterpart("user", 'set user to numbers other than 0, like "65532:65532"')
_WORDS = "name a program of the image, and give what is secret as a file: secrets"
_MASKS = "remove the option: the engine's default profile is in force without it"

COUNTERPARTS: Mapping[Path, Counterpart] = {
    ("hostNetwork",): Counterpart("network_mode", "remove network_mode, and name networks"),
    ("hostPID",): Counterpart("pid", "remove pid"),
    ("hostIPC",): Counterpart("ipc", "remove ipc"),
    ("shareProcessNamespace",): Counterpart("pid", "remove pid"),
    ("volumes",): Counterpart("volumes", "mount a named volume, a config or a secret instead"),
    ("volumes", "emptyDir"): Counterpart("tmpfs", "give it a size, like /tmp:size=16m"),
    ("securityContext", "supplementalGroups"): Counterpart("group_add", "remove the group"),
    ("securityContext", "sysctls"): Counterpart("sysctls", "remove this sysctl"),
    (*CONTAINER, "image"): Counterpart("image"),
    (*CONTAINER, "command"): Counterpart("entrypoint", _WORDS),
    (*CONTAINER, "args"): Counterpart("command", _WORDS),
    (*CONTAINER, "env"): Counterpart(
        "environment", "give it as a file: secrets, and the path in the variable"
    ),
    (*CONTAINER, "ports"): Counterpart(
        "ports", "publish it on one address, like 127.0.0.1:8080:8080"
    ),
    (*CONTAINER, "volumeMounts"): Counterpart("volumes", "mount it read-only: append :ro"),
    (*CONTAINER, "readinessProbe"): Counterpart("healthcheck", "give it a healthcheck"),
    (*CONTAINER, "resources", "limits", "memory"): Counterpart("mem_limit", "set mem_limit"),
    (*CONTAINER, "resources", "limits", "cpu"): Counterpart("cpus", "set cpus"),
    (*_SECURITY, "privileged"): Counterpart("privileged", "remove privileged"),
    (*_SECURITY, "readOnlyRootFilesystem"): Counterpart(
        "read_only", "set read_only: true, and mount a tmpfs where it has to write"
    ),
    (*_SECURITY, "allowPrivilegeEscalation"): Counterpart(
        "security_opt", "add no-new-privileges:true to security_opt"
    ),
    (*_SECURITY, "capabilities", "drop"): Counterpart("cap_drop", "set cap_drop: [ALL]"),
    (*_SECURITY, "capabilities", "add"): Counterpart("cap_add", "remove it from cap_add"),
    (*_SECURITY, "runAsUser"): _USER,
    (*_SECURITY, "runAsGroup"): _USER,
    (*_SECURITY, "runAsNonRoot"): _USER,
    (*_SECURITY, "seccompProfile"): Counterpart("security_opt", _MASKS),
    (*_SECURITY, "appArmorProfile"): Counterpart("security_opt", _MASKS),
    (*_SECURITY, "seLinuxOptions"): Counterpart("security_opt", _MASKS),
    (*_SECURITY, "procMount"): Counterpart("security_opt", _MASKS),
}


def counterpart(field: Path) -> Counterpart | None:
    """Of a field of the pod, or of the nearest one around it; positions in lists do not matter."""
    name = (*CONTAINER, *_names(field[2:])) if field[:2] == CONTAINER else _names(field)
    found = (COUNTERPARTS.get(name[:length]) for length in range(len(name), 0, -1))
    return next((each for each in found if each), None)


def _names(path: Path) -> Path:
    return tuple(step for step in path if isinstance(step, str))
