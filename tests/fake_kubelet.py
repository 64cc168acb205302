"""Fake nodes: Pods bound to them become Running and Ready without a container.

    with control_plane(Options(controllers=True)) as cluster, FakeKubelet(cluster, nodes=2):
        ...  # kubectl rollout status now comes to an end

What becomes of a Pod is decided by a function: an image may fail to pull, a probe may fail.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import socket
import threading
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from typing import Any, Self

from control_plane import ControlPlane

Object = dict[str, Any]
MERGE = "application/merge-patch+json"


def running(pod: Object) -> Object:
    """All containers run and are ready."""
    state = {"running": {"startedAt": _now()}}
    return _status(pod, "Running", state, ready=True)


def waiting(reason: str, message: str = "") -> Callable[[Object], Object]:
    """All containers wait, for example for ImagePullBackOff or CreateContainerConfigError."""
    return lambda pod: _status(
        pod, "Pending", {"waiting": {"reason": reason, "message": message}}, ready=False
    )


def unready(pod: Object) -> Object:
    """The containers run, their readiness probe fails."""
    return _status(pod, "Running", {"running": {"startedAt": _now()}}, ready=False)


def failed(pod: Object) -> Object:
    """The containers of a Job have ended, and not well."""
    end = {"exitCode": 1, "reason": "Error", "startedAt": _now(), "finishedAt": _now()}
    return _status(pod, "Failed", {"terminated": end}, ready=False)


def succeeded(pod: Object) -> Object:
    """The containers of a Job have done their work."""
    end = {"exitCode": 0, "reason": "Completed", "startedAt": _now(), "finishedAt": _now()}
    return _status(pod, "Succeeded", {"terminated": end}, ready=False)


class FakeKubelet:
    """One thread that plays the kubelet of every node it made."""

    def __init__(
        self,
        cluster: ControlPlane,
        nodes: int | Sequence[str] = 1,
        fate: Callable[[Object], Object] = running,
        port: int = 0,
    ) -> None:
        """`nodes` are how many, or their names; `port` on loopback is where the API server finds
        the kubelet of all of them, if at all."""
        self.cluster = cluster
        self.port = port
        self.fate = fate
        self.names = (
            [f"fake-{number}" for number in range(nodes)] if isinstance(nodes, int) else [*nodes]
        )
        self._addresses = itertools.count(2)
        self._watch = cluster.connect()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        for name in self.names:
            self.cluster.request("POST", "/api/v1/nodes", _node(name, self.port))
        self._watch.timeout = None
        self._watch.request("GET", "/api/v1/pods?watch=true&fieldSelector=spec.nodeName!%3D")
        self._events = self._watch.getresponse()
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        with contextlib.suppress(OSError):
            self._watch.sock.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._watch.close()

    def _run(self) -> None:
        with contextlib.suppress(OSError, ValueError):
            for line in self._events:
                event = json.loads(line)
                if event["type"] in ("ADDED", "MODIFIED"):
                    self._tend(event["object"])

    def _tend(self, pod: Object) -> None:
        meta = pod["metadata"]
        path = f"/api/v1/namespaces/{meta['namespace']}/pods/{meta['name']}"
        if meta.get("deletionTimestamp"):
            self.cluster.request(
                "DELETE", path, {"gracePeriodSeconds": 0, "preconditions": {"uid": meta["uid"]}}
            )
        elif not pod["status"].get("containerStatuses"):
            status = {"podIP": f"10.244.0.{next(self._addresses)}", **self.fate(pod)}
            self.cluster.request("PATCH", f"{path}/status", {"status": status}, MERGE)


def _status(pod: Object, phase: str, state: Object, *, ready: bool) -> Object:
    kinds = ("Initialized", "ContainersReady", "Ready")
    truth = {"Initialized": True, "ContainersReady": ready, "Ready": ready}
    conditions = [{"type": k, "status": str(truth[k]), "lastTransitionTime": _now()} for k in kinds]
    containers = [
        {
            "name": c["name"],
            "image": c["image"],
            "imageID": "",
            "ready": ready,
            "restartCount": 0,
            "state": state,
        }
        for c in pod["spec"]["containers"]
    ]
    return {
        "phase": phase,
        "startTime": _now(),
        "conditions": conditions,
        "containerStatuses": containers,
    }


def _node(name: str, port: int) -> Object:
    room = {"cpu": "32", "memory": "256Gi", "pods": "250"}
    ready = {"type": "Ready", "status": "True", "reason": "Fake", "lastHeartbeatTime": _now()}
    address = {"type": "InternalIP", "address": "127.0.0.1"}
    endpoint = {"daemonEndpoints": {"kubeletEndpoint": {"Port": port}}}
    kubelet = {"addresses": [address], **endpoint} if port else {}
    labels = {
        "kubernetes.io/hostname": name,
        "kubernetes.io/os": "linux",
        "kubernetes.io/arch": "amd64",
    }
    return {
        "apiVersion": "v1",
        "kind": "Node",
        "metadata": {"name": name, "labels": labels},
        "status": {"capacity": room, "allocatable": room, "conditions": [ready], **kubelet},
    }


def _now() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
