"""A container with an SSH server has a second door, with its own keys and no audit log."""

from collections.abc import Iterator

from kubeguard.checks import kit
from kubeguard.checks.kit import Instruction, Problem, Severity, advise, check


@check(
    "KG1027",
    "SSH port is exposed",
    on=Instruction,
    severity=Severity.MEDIUM,
    refs=("CIS-Docker 5.6", "MITRE T1021.004"),
    like=("trivy:DS-0004", "checkov:CKV_DOCKER_1"),
)
def exposed_ssh_port(
    instruction: Instruction, *, ports: tuple[int, ...] = (22,)
) -> Iterator[Problem]:
    for word in instruction.words if instruction.keyword == "EXPOSE" else ():
        announced = kit.ports.tcp(word.text)
        if any(port in announced for port in ports):
            message = f"EXPOSE {word.text} announces an SSH server in the container"
            yield Problem(word.node, message, advise("use kubectl exec, and leave sshd out"))
