"""A real API server takes every object, and lets nothing weaker run beside them."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from api_server import PODS, Server, until
from control_plane import Options, control_plane
from stacks import OVERLAYS, Object, kustomized, objects, of_kind, pods

pytestmark = pytest.mark.cluster


@pytest.fixture(scope="module", params=OVERLAYS)
def found(request: pytest.FixtureRequest) -> list[Object]:
    return objects(kustomized(request.param))


@pytest.fixture(scope="module")
def server(found: list[Object], assets: Path) -> Iterator[Server]:
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
