"""A program that listens below 1024 is what keeps many pods from giving up root."""

from collections.abc import Iterator

from kubeguard.checks.kit import Container, Problem, Profile, Severity, advise, check


@check(
    "KG3040",
    "Container listens on a privileged port",
    on=Container,
    severity=Severity.INFO,
    profile=Profile.PEDANTIC,
    refs=("CIS-Docker 5.8",),
)
def privileged_container_port(container: Container) -> Iterator[Problem]:
    if not container.get("ports") or container.workload.windows:
        return
    for entry in container.node["ports"]:
        port = entry["containerPort"]
        if type(port.value) is int and 0 < port.value < 1024:
            message = f"{container} listens on port {port.value}, which some runtimes keep for root"
            hint = "listen above 1023; the Service can still offer the usual port"
            yield Problem(port, message, advise(hint))
