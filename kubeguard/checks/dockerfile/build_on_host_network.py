"""A build step on the host's network reaches whatever listens on the build machine."""

from collections.abc import Iterator

from kubeguard.checks.kit import Instruction, Problem, Severity, check, drop


@check(
    "KG1026",
    "Build step uses the host's network",
    on=Instruction,
    severity=Severity.MEDIUM,
    refs=("CIS-Docker 5.10", "MITRE T1046"),
)
def build_on_host_network(instruction: Instruction) -> Iterator[Problem]:
    network = instruction.flag("network") if instruction.keyword == "RUN" else None
    if network and network.text == "host":
        message = "this step joins the network of the build machine"
        yield Problem(network.node, message, drop(network.node, hint="remove --network=host"))
