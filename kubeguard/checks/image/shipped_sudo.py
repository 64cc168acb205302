"""sudo in an image is a door to root that the program in it has no use for."""

from collections.abc import Iterator

from kubeguard.checks.kit import Image, Problem, Severity, advise, check

_PROGRAMS = ("/usr/bin/sudo", "/usr/local/bin/sudo", "/usr/bin/doas")


@check(
    "KG2015",
    "Built image has sudo",
    on=Image,
    severity=Severity.MEDIUM,
    refs=("CIS-Docker 4.3", "CWE-250", "MITRE T1548"),
    like=("trivy:DS-0010", "hadolint:DL3004"),
)
def shipped_sudo(image: Image) -> Iterator[Problem]:
    for path in _PROGRAMS:
        file = image.files.get(path)
        if file is not None:
            message = f"{path!r} is in the image, from {image.origin(file)}"
            yield Problem(
                image.place(file), message, advise("leave it out: build as root, run as not")
            )
