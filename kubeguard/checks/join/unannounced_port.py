"""A port that the image does not announce is mostly a typing mistake, on one side or the other."""

from collections.abc import Iterator

from kubeguard.checks.kit import (
    Problem,
    Profile,
    Severity,
    ShippedContainer,
    advise,
    check,
    ports,
)

_TELLING = ("command", "args", "env", "envFrom")
"""What may well move a program to another port."""


@check(
    "KG2504",
    "Container's ports are not those of its image",
    on=ShippedContainer,
    severity=Severity.LOW,
    profile=Profile.PEDANTIC,
)
def unannounced_port(shipped: ShippedContainer) -> Iterator[Problem]:
    container = shipped.container
    announced = ports.all_tcp(shipped.image.ports)
    declared = [entry["containerPort"] for entry in container.node["ports"]]
    if not announced or not declared or any(container.get(key) for key in _TELLING):
        return
    if not any(port.value in announced for port in declared):
        port, known = declared[0], ", ".join(map(str, sorted(announced)[:5]))
        message = f"{container} declares port {port.value!r}, its image announces {known}"
        yield Problem(port, message, advise("name the port on which the program listens"))
