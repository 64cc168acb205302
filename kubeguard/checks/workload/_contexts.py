"""Who sets a field of the security context itself, before anything is inherited."""

from collections.abc import Iterator

from kubeguard.checks.kit import Container, Node, Workload

Setter = Workload | Container


def setters(workload: Workload, key: str) -> Iterator[tuple[Setter, dict[str, object]]]:
    """The pod and the containers whose own security context has a mapping under `key`."""
    value = workload.get("securityContext", key)
    if isinstance(value, dict):
        yield workload, value
    for container in workload.containers:
        value = container.own.get(key)
        if isinstance(value, dict):
            yield container, value


def place(setter: Setter, key: str) -> Node:
    """Where the setter has the field."""
    return setter.node["securityContext"][key]


def called(setter: Setter) -> str:
    """How a message calls the setter."""
    return "the pod" if isinstance(setter, Workload) else str(setter)
