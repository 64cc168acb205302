"""A program that listens below 1024 is what keeps many images from giving up root."""

from collections.abc import Iterator

from kubeguard.checks import kit
from kubeguard.checks.kit import Image, Problem, Profile, Severity, advise, check


@check(
    "KG2005",
    "Built image exposes a privileged port",
    on=Image,
    severity=Severity.INFO,
    profile=Profile.PEDANTIC,
    refs=("CIS-Docker 5.8",),
)
def shipped_privileged_port(image: Image) -> Iterator[Problem]:
    for text, where in image.config["ExposedPorts"].items():
        announced = kit.ports.any_protocol(text)
        if announced and 0 < announced[0] < 1024:
            message = f"exposed port {text} is below 1024, which some runtimes keep for root"
            yield Problem(where, message, advise("listen on a port above 1023, such as 8080"))
