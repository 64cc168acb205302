"""A real API server takes every object, and lets nothing weaker run beside them."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest
from control_plane import ControlPlane, Options, control_plane
from stacks import NAMESPACE, OVERLAYS, Object, kustomized, objects, of_kind, pods

pytestmark = pytest.mark.cluster

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


@pytest.fixture(scope="module", params=OVERLAYS)
def found(request: pytest.FixtureRequest) -> list[Object]:
    return objects(kustomized(request.param))


@pytest.fixture(scope="module")
def server(found: list[Object], assets: Any) -> Iterator[Server]:
    """The namespace is there, and the kinds of other people."""
    with control_plane(Options(), assets) as cluster:
        server = Server(cluster)
        for each in found:
            server.define(each)
        [namespace] = of_kind(found, "Namespace")
        assert server.apply(namespace).status == 201
        yield server


@pytest.fixture(scope="module")
def protected(server: Server, found: list[Object]) -> Server:
    """Everything is applied, and the policies of admission are in force."""
    for each in found:
        reply = server.apply(each)
        assert reply.status in (200, 201), reply.message
    weak = copy.deepcopy(pods(found)["user"])
    tag(weak)
    until(lambda: server.create_pod(weak).status == 422)
    return server


def test_every_object_is_taken_as_it_stands(server: Server, found: list[Object]) -> None:
    replies = {f"{e['kind']}/{e['metadata']['name']}": server.apply(e, True) for e in found}
    refused = {name: r.message for name, r in replies.items() if r.status not in (200, 201)}
    assert refused == {}
    assert {name: r.warnings for name, r in replies.items() if r.warnings} == {}


def test_every_pod_is_admitted(protected: Server, found: list[Object]) -> None:
    for name, template in pods(found).items():
        reply = protected.create_pod(template)
        assert reply.status == 201, f"{name}: {reply.message}"
        assert reply.warnings == []


def root(pod: Object) -> None:
    del pod["spec"]["securityContext"]["runAsNonRoot"]


def tag(pod: Object) -> None:
    pod["spec"]["containers"][0]["image"] = "registry.invalid/reference-app:1"


def token(pod: Object) -> None:
    del pod["spec"]["automountServiceAccountToken"]


def writable(pod: Object) -> None:
    del pod["spec"]["containers"][0]["securityContext"]["readOnlyRootFilesystem"]


WEAKENED = {
    root: 'violates PodSecurity "restricted',
    tag: "an image is named by its digest here",
    token: "no pod here has a token of the API server",
    writable: "the root file system of every container is read-only here",
}


@pytest.mark.parametrize("weaken", WEAKENED, ids=lambda change: change.__name__)
def test_nothing_weaker_is_admitted(
    protected: Server, found: list[Object], weaken: Callable[[Object], None]
) -> None:
    for template in pods(found).values():
        weaker = copy.deepcopy(template)
        weaken(weaker)
        reply = protected.create_pod(weaker)
        assert reply.status in (403, 422)
        assert WEAKENED[weaken] in reply.message


def test_pod_security_cannot_be_switched_off(protected: Server, found: list[Object]) -> None:
    [namespace] = of_kind(found, "Namespace")
    change = {"metadata": {"labels": {"pod-security.kubernetes.io/enforce": "privileged"}}}
    path = f"/api/v1/namespaces/{namespace['metadata']['name']}?dryRun=All"
    reply = protected.ask("PATCH", path, change, "application/merge-patch+json")
    assert reply.status == 422
    assert "Pod Security stays at the level restricted here" in reply.message


def test_no_container_for_debugging_is_started(protected: Server, found: list[Object]) -> None:
    template = pods(found)["user"]
    name = protected.create_pod(template, dry_run=False).body["metadata"]["name"]
    container = template["spec"]["containers"][0]
    debugger = {key: container[key] for key in ("image", "securityContext")} | {"name": "debug"}
    change = {"spec": {"ephemeralContainers": [debugger]}}
    path = f"{PODS}/{name}/ephemeralcontainers"
    reply = protected.ask("PATCH", path, change, "application/strategic-merge-patch+json")
    assert reply.status == 422
    assert "containers for debugging are not started here" in reply.message
