"""Which part of the node a hostPath volume shows, so that each volume is reported once."""

from collections.abc import Iterator
from enum import Enum
from posixpath import normpath

from kubeguard.checks.kit import Node, Regex, Workload


class Exposure(Enum):
    """What is behind a path on the node; the worst that applies."""

    RUNTIME_SOCKET = "runtime socket"
    SENSITIVE = "sensitive"
    OTHER = "other"


_SOCKETS = Regex(
    r"/run/(docker|dockershim|cri-dockerd|containerd|crio|podman|k3s|k0s|buildkit)(\.sock)?"
    r"|/(.*/)?(docker|dockershim|cri-dockerd|containerd|crio|podman|buildkitd)\.sock"
    r"|/run|/run/user|/run/user/[0-9]+(/podman)?|/run/(k3s|docker)/containerd"
    r"|/var/snap/microk8s/common/run(/containerd\.sock)?"
    r"|//\./pipe/(docker_engine|containerd-containerd)"
)
_DIRECTORIES = Regex(
    r"/|/(dev|home|media|mnt|opt|srv|var|var/lib|var/log)"
    r"|/dev/(mem|kmem|port|sd[a-z].*|vd[a-z].*|xvd[a-z].*|nvme.*|dm-.*|mapper.*)"
    r"|/(bin|boot|etc|lib|lib32|lib64|proc|root|sbin|sys|usr|opt/cni)(/.*)?"
    r"|/var/(lib/(kubelet|docker|containerd|containers|etcd|rancher|k0s|cni|cloud)"
    r"|log/(pods|containers|audit|kubernetes)|spool/cron)(/.*)?"
    r"|[a-z]:/?|[a-z]:/(windows|program files|programdata|users|etc|k)(/.*)?"
)
_HARMLESS = Regex(
    r"/etc/(localtime|timezone|machine-id|os-release|lsb-release|hostname|hosts|resolv\.conf"
    r"|(ssl/certs|pki/ca-trust|pki/tls/certs|ca-certificates)(/.*)?)"
    r"|(/usr)?/lib/(modules(/.*)?|os-release)|/usr/src(/.*)?"
    r"|/usr/share/(zoneinfo|ca-certificates)(/.*)?|/usr/local/share/ca-certificates(/.*)?"
)


def host_paths(workload: Workload) -> Iterator[tuple[Node, str, Exposure]]:
    """Each hostPath volume: its node, its path as written, and what it shows."""
    volumes = workload.get("volumes")
    for index, volume in enumerate(volumes if isinstance(volumes, list) else ()):
        if isinstance(volume, dict) and volume.get("hostPath") is not None:
            node = workload.node["volumes"][index]
            path = node["hostPath"]["path"].text
            yield node, path, exposure(path)


def exposure(path: str) -> Exposure:
    """Classify a path on the node; `..`, doubled slashes and the link /var/run are followed."""
    clean = _clean(path)
    if _SOCKETS.fullmatch(clean):
        return Exposure.RUNTIME_SOCKET
    if _DIRECTORIES.fullmatch(clean) and not _HARMLESS.fullmatch(clean):
        return Exposure.SENSITIVE
    return Exposure.OTHER


def _clean(path: str) -> str:
    if "\\" in path or path[1:2] == ":" or path.startswith("//./"):
        return path.replace("\\", "/").lower().rstrip("/") or "/"
    if not path:
        return ""
    clean = "/" + normpath(path).lstrip("/")
    return "/run" + clean[8:] if clean == "/var/run" or clean.startswith("/var/run/") else clean
