"""Pods as Docker runs them: what a kubelet makes of a template, as arguments of `docker run`."""

from __future__ import annotations

import base64
import os
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import urllib3
from stacks import Object, of_kind, pods

from tests.container_engine import Engine

_UNITS = {"Mi": "m", "Gi": "g"}
_PIDS = 200  # which Kubernetes has no field for: the kubelet's podPidsLimit


@dataclass(frozen=True)
class Pods:
    """The objects of a namespace, on a network of their own; `folder` has what volumes hold.

    `images` are those of the engine, by the repositories that the objects name.
    """

    engine: Engine
    images: Mapping[str, str]
    network: str
    objects: list[Object]
    folder: Path

    def start(self, name: str) -> None:
        """Run the init containers of a Deployment to their end, then what it is there for."""
        pod = pods(self.objects)[name]["spec"]
        for container in pod.get("initContainers", ()):
            self.engine.docker("run", "--rm", *self._arguments(pod, container))
        [container] = pod["containers"]
        called = (f"--name={self.called(name)}", f"--network-alias={name}")
        self.engine.docker("run", "--detach", *called, *self._arguments(pod, container))
        self._wait(name, container["readinessProbe"]["httpGet"])

    def run(self, name: str) -> str:
        """What a CronJob prints, once."""
        pod = pods(self.objects)[name]["spec"]
        [container] = pod["containers"]
        return self.engine.docker("run", "--rm", *self._arguments(pod, container))

    def called(self, name: str) -> str:
        """The container of a Deployment."""
        return f"{self.network}-{name}"

    def address(self, name: str) -> str:
        """Where it is reached from this machine."""
        form = "{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}"
        return self.engine.docker("container", "inspect", f"--format={form}", self.called(name))

    def python(self, name: str, program: str) -> str:
        """What a program prints that runs beside a module, in its container."""
        return self.engine.docker("exec", self.called(name), "python3", "-c", program)

    def _arguments(self, pod: Object, container: Object) -> Iterator[str]:
        yield f"--network={self.network}"
        yield from restrictions(pod, container)
        yield from self._settings(container)
        for mount in container["volumeMounts"]:
            [volume] = [each for each in pod["volumes"] if each["name"] == mount["name"]]
            yield self._mounted(pod, volume, mount)
        command = container.get("command", [])
        yield from (f"--entrypoint={word}" for word in command[:1])
        yield self.images[container["image"].partition("@")[0]]
        yield from (*command[1:], *container.get("args", ()))

    def _settings(self, container: Object) -> Iterator[str]:
        for source in container.get("envFrom", ()):
            for key, value in self._kept("ConfigMap", source["configMapRef"]["name"]).items():
                yield f"--env={key}={value}"
        for each in container.get("env", ()):
            yield f"--env={each['name']}={each['value']}"

    def _mounted(self, pod: Object, volume: Object, mount: Object) -> str:
        path, mode = mount["mountPath"], "ro" if mount.get("readOnly") else "rw"
        if "emptyDir" in volume:
            return f"--tmpfs={path}:mode=1777,size={size(volume['emptyDir']['sizeLimit'])}"
        group = pod["securityContext"]["fsGroup"]
        if claim := volume.get("persistentVolumeClaim"):
            folder = self._folder(f"claim-{claim['claimName']}", group, 0o2770)
            return f"--volume={folder}:{path}:{mode}"
        return f"--volume={self._files(volume, group)}:{path}:{mode}"

    def _files(self, volume: Object, group: int) -> Path:
        """The files of a Secret or ConfigMap, with the group and mode that its volume asks for."""
        kind = "Secret" if "secret" in volume else "ConfigMap"
        source = volume[kind[0].lower() + kind[1:]]
        name = source["secretName" if kind == "Secret" else "name"]
        folder = self._folder(f"{kind}-{name}", group, 0o750)
        for key, value in self._kept(kind, name).items():
            file = folder / key
            file.write_bytes(base64.b64decode(value) if kind == "Secret" else value.encode())
            os.chown(file, 0, group)
            file.chmod(source.get("defaultMode", 0o644))
        return folder

    def _folder(self, name: str, group: int, mode: int) -> Path:
        folder = self.folder / name
        folder.mkdir(exist_ok=True)
        os.chown(folder, 0, group)
        folder.chmod(mode)
        return folder

    def _kept(self, kind: str, name: str) -> Mapping[str, str]:
        [found] = [e for e in of_kind(self.objects, kind) if e["metadata"]["name"] == name]
        data: Mapping[str, str] = found["data"]
        return data

    def _wait(self, name: str, probe: Object) -> None:
        """Ask what the kubelet asks; beyond it, the certificate has to be the module's."""
        assert (probe["port"], probe["scheme"]) == ("management", "HTTPS")
        trusted = str(self.folder / f"Secret-{name}-tls" / "ca.crt")
        pool = urllib3.HTTPSConnectionPool(
            *(self.address(name), 9443),
            ca_certs=trusted,
            server_hostname=name,
            assert_hostname=name,
        )
        deadline = time.monotonic() + 120
        while not _is_ready(pool, probe["path"]):
            logs = self.engine.tried("logs", self.called(name))
            in_time = self._runs(name) and time.monotonic() < deadline
            assert in_time, (logs.stdout + logs.stderr)[-2000:]
            time.sleep(0.2)

    def _runs(self, name: str) -> bool:
        form = "--format={{.State.Running}}"
        return self.engine.docker("container", "inspect", form, self.called(name)) == "true"


def restrictions(pod: Object, container: Object) -> Iterator[str]:
    """What a template forbids its container; what it allows is not what this is for."""
    of_pod, own = pod["securityContext"], container["securityContext"]
    assert of_pod["seccompProfile"] == {"type": "RuntimeDefault"}  # Docker's, when nothing is said
    assert own["readOnlyRootFilesystem"]
    assert not own["allowPrivilegeEscalation"]
    assert not pod["automountServiceAccountToken"]
    yield from ("--read-only", "--security-opt=no-new-privileges", f"--pids-limit={_PIDS}")
    yield from (f"--cap-drop={each}" for each in own["capabilities"]["drop"])
    yield f"--user={of_pod['runAsUser']}:{of_pod['runAsGroup']}"
    yield f"--group-add={of_pod['fsGroup']}"
    limits = container["resources"]["limits"]
    yield from (f"--memory={size(limits['memory'])}", f"--memory-swap={size(limits['memory'])}")
    cpus = limits["cpu"]
    yield f"--cpus={float(cpus.removesuffix('m')) / (1000 if cpus.endswith('m') else 1)}"


def size(quantity: str) -> str:
    """A quantity of Kubernetes in Docker's words."""
    return quantity[:-2] + _UNITS[quantity[-2:]]


def _is_ready(pool: urllib3.HTTPSConnectionPool, path: str) -> bool:
    try:
        return pool.request("GET", path, retries=False, timeout=5).status == 200
    except urllib3.exceptions.HTTPError:
        return False
