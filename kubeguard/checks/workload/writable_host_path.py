"""A container that writes to the node's disk can outlive its pod."""

import re
from collections.abc import Iterator

from kubeguard.checks.kit import Grade, Node, Problem, Severity, Workload, check, put
from kubeguard.checks.workload._host_paths import host_paths

_DIRECTORIES = ("Directory", "DirectoryOrCreate")
_NO_FILES = ("Socket", "CharDevice", "BlockDevice")
_NO_FILE = re.compile(r"^/dev/.|\.sock/?$")


@check(
    "KG3029",
    "Container can write to the node's file system",
    on=Workload,
    severity=Severity.MEDIUM,
    refs=("NSA-CISA pod security", "MITRE T1611"),
    like=("kube-linter:writable-host-mount", "kubescape:C-0045"),
)
def writable_host_path(workload: Workload) -> Iterator[Problem]:
    paths = {volume["name"].text: path for volume, path in _with_files(workload)}
    for container in workload.containers if paths else ():
        for mount in container.node["volumeMounts"]:
            path = paths.get(mount["name"].text)
            if path is not None and mount.get("readOnly") is not True:
                message = f"{container} can write to {path[:60]!r} of the node"
                hint = "mount it with readOnly: true"
                fix = put(mount["readOnly"], True, grade=Grade.UNSAFE, hint=hint)
                yield Problem(mount["readOnly"], message, fix)


def _with_files(workload: Workload) -> Iterator[tuple[Node, str]]:
    """Read-only is worth something only for files: a socket answers and a device writes anyway."""
    for volume, path, _ in host_paths(workload):
        kind = volume.get("hostPath", "type")
        if kind in _DIRECTORIES or not (kind in _NO_FILES or _NO_FILE.search(path)):
            yield volume, path
