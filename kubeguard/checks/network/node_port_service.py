"""A node port is open on every node, past Ingress, TLS and most firewalls' expectations."""

from collections.abc import Iterator

from kubeguard.checks.kit import (
    REMOVE,
    Edit,
    Fix,
    Grade,
    Manifest,
    Problem,
    Profile,
    Severity,
    check,
)


@check(
    "KG5006",
    "Service opened on every node",
    on=Manifest,
    kinds=("Service",),
    severity=Severity.LOW,
    profile=Profile.RESTRICTED,
    like=("kube-linter:exposed-services", "kube-score:service-type"),
)
def node_port_service(service: Manifest) -> Iterator[Problem]:
    if service.get("spec", "type") == "NodePort":
        type_ = service.node["spec"]["type"]
        yield Problem(
            type_, f"Service {service.name!r} listens on a port of every node", _internal(service)
        )


def _internal(service: Manifest) -> Fix:
    """ClusterIP, and without the fields that the API server refuses beside it."""
    spec = service.node["spec"]
    ports = [port["nodePort"] for port in spec["ports"]]
    gone = [node for node in (*ports, spec["externalTrafficPolicy"]) if node.exists]
    return Fix(
        "set spec.type: ClusterIP and publish it through an Ingress or Gateway",
        Grade.UNSAFE,
        (Edit(spec["type"], "ClusterIP"), *(Edit(node, REMOVE) for node in gone)),
    )
