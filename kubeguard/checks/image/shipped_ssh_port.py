"""A container with an SSH server has a second door, with its own keys and no audit log."""

from collections.abc import Iterator

from kubeguard.checks import kit
from kubeguard.checks.kit import Image, Problem, Severity, advise, check


@check(
    "KG2004",
    "Built image exposes an SSH port",
    on=Image,
    severity=Severity.MEDIUM,
    refs=("CIS-Docker 5.6", "MITRE T1021.004"),
    like=("trivy:DS-0004",),
)
def shipped_ssh_port(image: Image, *, ports: tuple[int, ...] = (22,)) -> Iterator[Problem]:
    for text, where in image.config["ExposedPorts"].items():
        announced = kit.ports.tcp(text)
        if any(port in announced for port in ports):
            message = f"exposed port {text} announces an SSH server in the container"
            yield Problem(where, message, advise("use kubectl exec, and leave sshd out"))
