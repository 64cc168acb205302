"""A program that listens below 1024 is what keeps many images from giving up root."""

from collections.abc import Iterator

from kubeguard.checks import kit
from kubeguard.checks.kit import Instruction, Problem, Profile, Severity, advise, check


@check(
    "KG1046",
    "Image exposes a privileged port",
    on=Instruction,
    severity=Severity.INFO,
    profile=Profile.PEDANTIC,
    refs=("CIS-Docker 5.8",),
)
def privileged_image_port(instruction: Instruction) -> Iterator[Problem]:
    for word in instruction.words if instruction.keyword == "EXPOSE" else ():
        announced = kit.ports.any_protocol(word.text)
        if announced and 0 < announced[0] < 1024:
            message = f"port {word.text} is below 1024, which some runtimes keep for root"
            yield Problem(word.node, message, advise("listen on a port above 1023, such as 8080"))
