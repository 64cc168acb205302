"""What of the machine a service mounts, as volumes of its pod."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from typing import NamedTuple

from kubeguard.model.node import Node
from kubeguard.model.regex import Regex
from kubeguard.sources.compose.counterparts import CONTAINER
from kubeguard.sources.compose.pod import Pod
from kubeguard.sources.compose.values import amount, is_true, texts

SOCKET = "/var/run/docker.sock"
_SHORT = Regex(r"((?:[A-Za-z]:[\\/])?[^:]*):((?:[A-Za-z]:[\\/])?[^:]*)(?::([^:]*))?")
_SIZE = Regex(r"(?:^|[:,])size=([^,]+)")


class _Mount(NamedTuple):
    """One entry of `volumes`; `kind` is that of its long form, '' for what the source tells."""

    kind: str
    source: str
    target: str
    read_only: bool
    size: str | None = None


def put_mounts(service: Node, volumes: Node, pod: Pod) -> None:
    """All that is mounted; `volumes` are those that the project declares."""
    for entry in service["volumes"]:
        mount = _long(entry) if entry.mapping else _short(entry.text)
        if mount:
            _put(mount, entry, volumes, pod)
    for entry in texts(service["tmpfs"]):
        size = _SIZE.search(entry.text)
        target = entry.text.partition(":")[0]
        _put_memory(target, amount(size[1]) if size else None, entry, pod)
    for entry in texts(service["devices"]):
        _put_host(entry.text.partition(":")[0], "", True, entry, pod)
    for entry in (each["source"] for each in service["devices"]):
        if entry.text:
            _put_host(entry.text, "", True, entry, pod)
    if is_true(service.get("use_api_socket")):
        _put_host(SOCKET, SOCKET, False, service["use_api_socket"], pod)
    for key in ("secrets", "configs"):
        _put_files(service[key], key, pod)


def _short(text: str) -> _Mount | None:
    found = _SHORT.fullmatch(text)
    if not found:
        return _Mount("volume", "", text, False) if text else None
    source, target, options = found.groups()
    return _Mount("", source, target, "ro" in (options or "").split(","))


def _long(entry: Node) -> _Mount:
    size = amount(entry.get("tmpfs", "size"))
    source, target = entry["source"].text, entry["target"].text
    return _Mount(entry["type"].text, source, target, is_true(entry.get("read_only")), size)


def _put(mount: _Mount, entry: Node, volumes: Node, pod: Pod) -> None:
    if mount.kind == "tmpfs":
        _put_memory(mount.target, mount.size, entry, pod)
    elif mount.kind in ("bind", "npipe") or (not mount.kind and _is_path(mount.source)):
        if mount.read_only and _is_in_project(mount.source):
            _put_volume({"configMap": {"name": "file"}}, mount.target, True, entry, pod)
        else:
            _put_host(mount.source, mount.target, mount.read_only, entry, pod)
    elif (device := _bound(volumes[mount.source])) is not None:
        _put_host(device.text, mount.target, mount.read_only, device, pod)
    else:
        claim = {"persistentVolumeClaim": {"claimName": mount.source}}
        _put_volume(claim, mount.target, mount.read_only, entry, pod)


def _is_path(source: str) -> bool:
    """Told from the name of a volume as Compose does, with a variable taken for a path."""
    return source.startswith((".", "/", "~", "$", "\\")) or source[1:2] == ":"


def _is_in_project(source: str) -> bool:
    """Such a file comes with the Compose file, as a ConfigMap comes with a manifest."""
    return source.startswith(".") and not posixpath.normpath(source).startswith("..")


def _bound(volume: Node) -> Node | None:
    """The folder of the machine that a named volume is, when its driver binds one."""
    device = volume["driver_opts"]["device"]
    options = str(volume.get("driver_opts", "o") or "").split(",")
    return device if device.text and {"bind", "rbind"} & set(options) else None


def _put_host(source: str, target: str, read_only: bool, by: Node, pod: Pod) -> None:
    path = source.replace("~", "/root", 1) if source.startswith("~") else source
    _put_volume({"hostPath": {"path": path}}, target, read_only, by, pod)


def _put_memory(target: str, size: str | None, by: Node, pod: Pod) -> None:
    memory: dict[str, object] = {"medium": "Memory", **({"sizeLimit": size} if size else {})}
    _put_volume({"emptyDir": memory}, target, False, by, pod)


def _put_files(node: Node, kind: str, pod: Pod) -> None:
    """Secrets and configs, which are read-only wherever they are."""
    for entry in node:
        source = entry.text or entry["source"].text
        target = entry["target"].text or source
        folder = "/run/secrets" if kind == "secrets" else "/"
        where = {"configMap": {"name": source}}
        _put_volume(where, posixpath.join(folder, target), True, entry, pod)


def _put_volume(
    source: Mapping[str, object], target: str, read_only: bool, by: Node, pod: Pod
) -> None:
    name = target or by.text or str(by.path[-1])
    pod.add(("volumes",), {"name": name, **source}, by)
    if target:
        mount = {"name": name, "mountPath": target, "readOnly": read_only}
        pod.add((*CONTAINER, "volumeMounts"), mount, by)
