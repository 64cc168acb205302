"""The containers of a project as they run, in the words of Compose."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any, NamedTuple

from kubeguard.deploy.compose.program import Docker
from kubeguard.deploy.release import LABEL

_LABEL = "com.docker.compose"
_NANO = 1_000_000_000


class Container(NamedTuple):
    """What `docker inspect` says of one."""

    detail: Mapping[str, Any]

    @property
    def id(self) -> str:
        return str(self.detail["Id"])

    @property
    def name(self) -> str:
        return str(self.detail["Name"]).removeprefix("/")

    @property
    def labels(self) -> Mapping[str, str]:
        return self.detail["Config"].get("Labels") or {}

    @property
    def service(self) -> str:
        return self.labels.get(f"{_LABEL}.service", "")

    @property
    def hash(self) -> str:
        """Of the service that it was made from, by Compose's own count."""
        return self.labels.get(f"{_LABEL}.config-hash", "")

    @property
    def passing(self) -> bool:
        """Whether somebody ran it once, beside the project (`docker compose run`)."""
        return self.labels.get(f"{_LABEL}.oneoff") == "True"

    @property
    def host(self) -> Mapping[str, Any]:
        found: Mapping[str, Any] = self.detail["HostConfig"]
        return found

    @property
    def restarts(self) -> bool:
        """Whether it is meant to run on."""
        return self.host.get("RestartPolicy", {}).get("Name") in ("always", "unless-stopped")


def of_project(docker: Docker, release: str) -> tuple[Container, ...]:
    """Every container with the project's name, by name, whoever made it."""
    label = f"label={_LABEL}.project={release}"
    ids = docker.ask("ps", "--all", "--quiet", "--no-trunc", "--filter", label).split()
    found = docker.json("inspect", "--type=container", *ids) if ids else []
    return tuple(sorted(map(Container, found), key=lambda container: container.name))


def is_ours(container: Container, release: str) -> bool:
    """Whether a release made it."""
    return container.labels.get(LABEL) == release


def service(container: Container, model: Mapping[str, Any]) -> dict[str, Any]:
    """As a service of a Compose file would say it; files of the project are known by `model`."""
    host, config = container.host, container.detail["Config"]
    unmasked = host.get("MaskedPaths") == [] and not host.get("Privileged")
    said = {
        "image": config.get("Image"),
        "user": config.get("User"),
        "privileged": host.get("Privileged"),
        "read_only": host.get("ReadonlyRootfs"),
        "cap_add": host.get("CapAdd"),
        "cap_drop": host.get("CapDrop"),
        "security_opt": [*(host.get("SecurityOpt") or ()), *[_UNMASKED] * unmasked],
        "group_add": host.get("GroupAdd"),
        "sysctls": host.get("Sysctls"),
        "pid": host.get("PidMode"),
        "ipc": host.get("IpcMode"),
        "network_mode": host.get("NetworkMode"),
        "mem_limit": host.get("Memory"),
        "cpus": _cpus(host),
        "tmpfs": [f"{path}:{options}" for path, options in (host.get("Tmpfs") or {}).items()],
        "devices": [each["PathOnHost"] for each in host.get("Devices") or ()],
        "ports": [*_ports(host.get("PortBindings") or {})],
        "volumes": [*_volumes(container, model)],
        "healthcheck": _health(config.get("Healthcheck") or {}),
        "restart": host.get("RestartPolicy", {}).get("Name"),
    }
    return {key: _literal(value) for key, value in said.items() if value}


_UNMASKED = "systempaths=unconfined"


def _cpus(host: Mapping[str, Any]) -> float:
    if host.get("NanoCpus"):
        return float(host["NanoCpus"] / _NANO)
    return float(host.get("CpuQuota") or 0) / (host.get("CpuPeriod") or 100_000)


def _health(check: Mapping[str, Any]) -> dict[str, Any]:
    test = check.get("Test")
    return {"test": test} if test else {}


def _ports(bindings: Mapping[str, Any]) -> Iterator[dict[str, str]]:
    for port, addresses in bindings.items():
        for each in addresses or ():
            yield {
                "target": port.partition("/")[0],
                "published": each.get("HostPort", ""),
                "host_ip": each.get("HostIp", ""),
            }


def _volumes(container: Container, model: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """What is mounted; secrets and configs are files of the project wherever they lie."""
    kept = {
        each.get("file") for key in ("secrets", "configs") for each in model.get(key, {}).values()
    }
    folder = container.labels.get(f"{_LABEL}.project.working_dir", "")
    for mount in container.detail.get("Mounts") or ():
        source = mount.get("Source", "")
        if mount["Type"] == "tmpfs" or (source in kept and not mount["RW"]):
            continue
        name = mount.get("Name", "") if mount["Type"] == "volume" else _relative(source, folder)
        yield {
            "type": mount["Type"],
            "source": name,
            "target": mount["Destination"],
            "read_only": not mount["RW"],
        }


def _relative(source: str, folder: str) -> str:
    path = PurePosixPath(source)
    inside = bool(folder) and path.is_relative_to(folder)
    return f"./{path.relative_to(folder)}" if inside else source


def _literal(value: Any) -> Any:
    """With every $ as it is: here it begins no variable."""
    if isinstance(value, str):
        return value.replace("$", "$$")
    if isinstance(value, list):
        return [_literal(each) for each in value]
    if isinstance(value, dict):
        return {key: _literal(each) for key, each in value.items()}
    return value


def replicas(wanted: Mapping[str, Any]) -> int:
    """How many containers a service is to have."""
    count = wanted.get("scale", (wanted.get("deploy") or {}).get("replicas"))
    return count if isinstance(count, int) else 1


def differences(
    service: str,
    there: Sequence[Container],
    model: Mapping[str, Any],
    hashes: Mapping[str, str],
) -> Iterator[str]:
    """What a service has not as the model wants it, a sentence each."""
    count = replicas(model["services"][service])
    if len(there) != count:
        yield f"it has {len(there)} containers, and {count} are wanted"
    for each in there:
        yield from (f"it {edit}" for edit in edits(each, model, hashes))


def edits(
    container: Container, model: Mapping[str, Any], hashes: Mapping[str, str]
) -> Iterator[str]:
    """What is not as it was applied, each the end of a sentence that begins with the container."""
    wanted = model["services"].get(container.service)
    if wanted is None:
        yield "is of no service of the project"
        return
    if container.hash != hashes.get(container.service):
        yield "was not made from what was applied"
        return
    host = container.host
    pairs = {
        "mem_limit": (int(_limit(wanted, "mem_limit", "memory")), host.get("Memory") or 0),
        "cpus": (float(_limit(wanted, "cpus", "cpus")), _cpus(host)),
        "pids_limit": (int(_limit(wanted, "pids_limit", "pids")), host.get("PidsLimit") or 0),
        "restart": (_restart(wanted), host.get("RestartPolicy", {}).get("Name") or "no"),
        "networks": (_networks(wanted, model), _joined(container)),
    }
    for key, (applied, there) in pairs.items():
        if applied != there:
            yield f"has {key} {there}, and {applied} was applied"


def _limit(wanted: Mapping[str, Any], key: str, name: str) -> Any:
    limits = ((wanted.get("deploy") or {}).get("resources") or {}).get("limits") or {}
    return wanted.get(key) or limits.get(name) or 0


def _restart(wanted: Mapping[str, Any]) -> str:
    return str(wanted.get("restart") or "no").partition(":")[0]


def _networks(wanted: Mapping[str, Any], model: Mapping[str, Any]) -> str:
    known = model.get("networks") or {}
    return ", ".join(sorted(known[name].get("name", name) for name in wanted.get("networks") or ()))


def _joined(container: Container) -> str:
    mode = str(container.host.get("NetworkMode"))
    if mode in ("host", "none") or mode.startswith("container:"):
        return ""
    return ", ".join(sorted(container.detail["NetworkSettings"].get("Networks") or {}))
