"""An image that names no user runs as root, whatever its base thought."""

from collections.abc import Iterator

from kubeguard.checks.kit import Image, Problem, Severity, advise, check, users


@check(
    "KG2002",
    "Built image names no user",
    on=Image,
    severity=Severity.HIGH,
    refs=("CIS-Docker 4.1", "PSS restricted", "NSA-CISA pod security", "CWE-250"),
    like=("trivy:DS-0002",),
)
def shipped_without_user(image: Image) -> Iterator[Problem]:
    user = image.config["User"]
    if users.name_of(user.text) or image.get("os") == "windows" or not image.starts:
        return
    message = "the image names no user, so that it runs as root"
    yield Problem(user, message, advise("end the Dockerfile with a user of its own, by number"))
