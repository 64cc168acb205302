"""A real API server that is told the objects of a stack."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from control_plane import ControlPlane
from stacks import NAMESPACE, Object

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
PODS = f"/api/v1/namespaces/{NAMESPACE}/pods"


class Reply(NamedTuple):
    status: int
    body: Any
    warnings: list[str]

    @property
    def message(self) -> str:
        return str(self.body.get("message"))


class Server:
    """An API server that is told objects."""

    def __init__(self, cluster: ControlPlane) -> None:
        self.cluster = cluster
        self._resources: dict[str, dict[str, Any]] = {}

    def ask(self, method: str, path: str, body: object, kind: str = "application/json") -> Reply:
        connection = self.cluster.connect()
        try:
            connection.request(method, path, json.dumps(body), {"Content-Type": kind})
            response = connection.getresponse()
            warnings = response.headers.get_all("Warning", [])
            return Reply(response.status, json.loads(response.read()), warnings)
        finally:
            connection.close()

    def apply(self, wanted: Object, dry_run: bool = False) -> Reply:
        """Server-side, and strict about every field."""
        query = "fieldManager=test&fieldValidation=Strict" + ("&dryRun=All" if dry_run else "")
        path = f"{self._path(wanted)}?{query}"
        return self.ask("PATCH", path, wanted, "application/apply-patch+yaml")

    def get(self, wanted: Object) -> Any:
        """What is there under this name."""
        return self.cluster.request("GET", self._path(wanted))[1]

    def create_pod(self, template: Object, dry_run: bool = True) -> Reply:
        """What a controller would ask."""
        pod = {"apiVersion": "v1", "kind": "Pod", **copy.deepcopy(template)}
        pod["metadata"]["generateName"] = "pod-"
        query = "fieldValidation=Strict" + ("&dryRun=All" if dry_run else "")
        return self.ask("POST", f"{PODS}?{query}", pod)

    def define(self, wanted: Object) -> None:
        """Serve a kind that is no part of Kubernetes, whatever its fields."""
        group, _, version = wanted["apiVersion"].rpartition("/")
        if not group or self._found(wanted):
            return
        name = f"{wanted['kind'].lower()}s"  # whatever its own people call it
        schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
        names = {"plural": name, "singular": wanted["kind"].lower(), "kind": wanted["kind"]}
        served = {"name": version, "served": True, "storage": True}
        spec = {
            "group": group,
            "scope": "Namespaced",
            "names": names,
            "versions": [served | {"schema": {"openAPIV3Schema": schema}}],
        }
        crd = {
            "apiVersion": "apiextensions.k8s.io/v1",
            "kind": "CustomResourceDefinition",
            "metadata": {
                "name": f"{name}.{group}",
                # Needed for groups that Kubernetes protects.
                "annotations": {"api-approved.kubernetes.io": "unapproved, for a test"},
            },
            "spec": spec,
        }
        assert self.ask("POST", CRDS, crd).status == 201
        until(lambda: self._found(wanted))

    def _path(self, wanted: Object) -> str:
        resource = self._found(wanted)
        assert resource, f"{wanted['kind']} is not served"
        space = f"/namespaces/{NAMESPACE}" if resource["namespaced"] else ""
        name = wanted["metadata"]["name"]
        return f"{_root(wanted)}{space}/{resource['name']}/{name}"

    def _found(self, wanted: Object) -> dict[str, Any] | None:
        key = f"{wanted['apiVersion']} {wanted['kind']}"
        if key not in self._resources:
            status, body = self.cluster.request("GET", _root(wanted))
            for each in body["resources"] if status == 200 else ():
                if each["kind"] == wanted["kind"] and "/" not in each["name"]:
                    self._resources[key] = each
        return self._resources.get(key)


def _root(wanted: Object) -> str:
    version: str = wanted["apiVersion"]
    return f"/apis/{version}" if "/" in version else f"/api/{version}"


def until(holds: Callable[[], object], seconds: float = 30) -> None:
    deadline = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.1)
