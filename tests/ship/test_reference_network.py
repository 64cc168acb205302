"""The network policies allow exactly the flows that the application's configuration names.

Both sides are derived from what is rendered: the flows from every URL that a module is told and
from every object that points at one, and what is allowed from the policies' selectors.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

import pytest
from stacks import OVERLAYS, Object, kustomized, objects, of_kind, pods

URL = re.compile(r"[a-z]+://(?:[^/]*@)?(?P<host>[a-z0-9.-]+):(?P<port>\d+)")
NAME = "app.kubernetes.io/name"
OUTSIDE = "outside"
DNS = {("UDP", 53), ("TCP", 53)}


class Flow(NamedTuple):
    """Who connects to whom, at which port of the pod."""

    caller: str
    called: str
    port: int


@pytest.fixture(scope="module", params=OVERLAYS)
def found(request: pytest.FixtureRequest) -> list[Object]:
    return objects(kustomized(request.param))


def test_what_may_connect_is_what_is_configured_to(found: list[Object]) -> None:
    configured = {*told(found), *pointed_at(found)}
    assert {*leaving(found)} == {flow for flow in configured if flow.caller != OUTSIDE}
    elsewhere = {flow for flow in configured if flow.called not in pods(found)}
    assert {*entering(found)} == configured - elsewhere


def test_names_are_looked_up_by_those_who_call(found: list[Object]) -> None:
    callers = {flow.caller for flow in told(found)}
    assert {name for name in pods(found) if {*looked_up(found, name)} >= DNS} == callers
    assert {name for name in pods(found) if DNS & {*looked_up(found, name)}} == callers


def test_a_pod_that_no_policy_knows_is_cut_off(found: list[Object]) -> None:
    policies = [p["spec"] for p in policies_of(found, {})]
    assert policies == [{"podSelector": {}, "policyTypes": ["Ingress", "Egress"]}]


# -- what the configuration names --


def told(found: list[Object]) -> Iterator[Flow]:
    """A flow for each URL in a module's variables and mounted files."""
    for name, template in pods(found).items():
        for text in texts(found, template["spec"]):
            for match in URL.finditer(text):
                yield flow(found, name, match["host"], int(match["port"]))


def flow(found: list[Object], caller: str, host: str, port: int) -> Flow:
    """Through a service here to a port of its pods, or to another namespace."""
    for service in of_kind(found, "Service"):
        if service["metadata"]["name"] == host:
            return Flow(caller, *behind(found, service, port))
    return Flow(caller, host.removesuffix(".svc"), port)


def behind(found: list[Object], service: Object, port: int | str) -> tuple[str, int]:
    """The pod behind a service's port, and the pod's own port."""
    [entry] = [p for p in service["spec"]["ports"] if port in (p["port"], p["name"])]
    [called] = selected(found, service["spec"]["selector"])
    containers = pods(found)[called]["spec"]["containers"]
    ports = {p["name"]: p["containerPort"] for c in containers for p in c["ports"]}
    return called, ports[entry["targetPort"]]


def texts(found: list[Object], spec: Object) -> Iterator[str]:
    """All values of a pod's variables, and the files that are made of templates."""
    maps = {each["metadata"]["name"]: each["data"] for each in of_kind(found, "ConfigMap")}
    for container in [*spec["containers"], *spec.get("initContainers", [])]:
        for source in container.get("envFrom", []):
            yield from maps[source["configMapRef"]["name"]].values()
        for variable in container.get("env", []):
            yield variable["value"]
    mounted = {volume["secret"]["secretName"] for volume in spec["volumes"] if "secret" in volume}
    for secret in of_kind(found, "ExternalSecret"):
        if secret["spec"]["target"]["name"] in mounted:
            yield from secret["spec"]["target"].get("template", {}).get("data", {}).values()


def pointed_at(found: list[Object]) -> Iterator[Flow]:
    """Flows from outside: routes to a service, and monitors of one."""
    services = {each["metadata"]["name"]: each for each in of_kind(found, "Service")}
    for ingress in of_kind(found, "Ingress"):
        for path in ingress["spec"]["rules"][0]["http"]["paths"]:
            backend = path["backend"]["service"]
            service = services[backend["name"]]
            yield Flow(OUTSIDE, *behind(found, service, backend["port"]["name"]))
    for route in of_kind(found, "HTTPRoute"):
        for backend in route["spec"]["rules"][0]["backendRefs"]:
            yield Flow(OUTSIDE, *behind(found, services[backend["name"]], backend["port"]))
    for monitor in of_kind(found, "ServiceMonitor"):
        wanted = monitor["spec"]["selector"]["matchLabels"]
        for service in services.values():
            if wanted.items() <= service["metadata"]["labels"].items():
                for endpoint in monitor["spec"]["endpoints"]:
                    yield Flow(OUTSIDE, *behind(found, service, endpoint["port"]))


# -- what the policies allow --


def leaving(found: list[Object]) -> Iterator[Flow]:
    for name in pods(found):
        for peers, ports in rules(found, name, "egress", "to"):
            if {*ports} != DNS:
                yield from (Flow(name, peer, port) for peer in peers for _, port in ports)


def entering(found: list[Object]) -> Iterator[Flow]:
    for name in pods(found):
        for peers, ports in rules(found, name, "ingress", "from"):
            for peer in peers:
                caller = peer if peer in pods(found) else OUTSIDE
                yield from (Flow(caller, name, port) for _, port in ports)


def looked_up(found: list[Object], name: str) -> Iterator[tuple[str, int]]:
    for peers, ports in rules(found, name, "egress", "to"):
        if peers == ["kube-dns.kube-system"]:
            yield from ports


def rules(
    found: list[Object], pod: str, direction: str, side: str
) -> Iterator[tuple[list[str], list[tuple[str, int]]]]:
    """Peers and ports of each rule for a pod. Every rule names both."""
    for policy in policies_of(found, pods(found)[pod]["metadata"]["labels"]):
        for rule in policy["spec"].get(direction, []):
            peers = [name for peer in rule[side] for name in named(found, peer)]
            yield peers, [(port["protocol"], port["port"]) for port in rule["ports"]]


def named(found: list[Object], peer: Object) -> list[str]:
    """The pods that a peer of a rule selects, here or as NAME.NAMESPACE."""
    assert "ipBlock" not in peer
    labels = peer["podSelector"]["matchLabels"]
    if "namespaceSelector" not in peer:
        return selected(found, labels)
    [space] = peer["namespaceSelector"]["matchLabels"].values()
    return [f"{labels.get(NAME) or labels.get('k8s-app') or 'pods'}.{space}"]


def policies_of(found: list[Object], labels: dict[str, str]) -> list[Object]:
    """The policies that select pods with these labels."""
    policies = of_kind(found, "NetworkPolicy")
    return [p for p in policies if selects(p["spec"]["podSelector"], labels)]


def selects(selector: Object, labels: dict[str, str]) -> bool:
    """Whether a selector with matchLabels, or with an expression of operator In, takes these."""
    expressions = selector.get("matchExpressions", [])
    assert all(each["operator"] == "In" for each in expressions)
    return selector.get("matchLabels", {}).items() <= labels.items() and all(
        labels.get(each["key"]) in each["values"] for each in expressions
    )


def selected(found: list[Object], wanted: dict[str, str]) -> list[str]:
    """The workloads whose pods have these labels."""
    labels = {name: template["metadata"]["labels"] for name, template in pods(found).items()}
    return [name for name, own in labels.items() if wanted.items() <= own.items()]
