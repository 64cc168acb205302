"""Whoever breaks into a program that runs as root is root in the container."""

from collections.abc import Iterator

from kubeguard.checks.kit import Image, Problem, Severity, advise, check, users


@check(
    "KG2001",
    "Built image runs as root",
    on=Image,
    severity=Severity.HIGH,
    refs=("CIS-Docker 4.1", "PSS restricted", "NSA-CISA pod security", "CWE-250"),
    like=("trivy:DS-0002",),
)
def shipped_root_user(image: Image) -> Iterator[Problem]:
    user = image.config["User"]
    name = users.name_of(user.text)
    if name and (users.is_root(name) or image.uid_of(name) == 0):
        message = f"the image runs as root: its user is {user.text!r}"
        yield Problem(user, message, advise("end the Dockerfile with a user of its own, by number"))
