"""Whoever breaks into a program that runs as root is root in the container."""

from collections.abc import Iterator

from kubeguard.checks.dockerfile._user import last_user, name_of, step_down
from kubeguard.checks.kit import Dockerfile, Problem, Severity, check, users


@check(
    "KG1001",
    "Image runs as root",
    on=Dockerfile,
    severity=Severity.HIGH,
    refs=("CIS-Docker 4.1", "PSS restricted", "NSA-CISA pod security", "CWE-250"),
    like=("trivy:DS-0002", "checkov:CKV_DOCKER_8", "hadolint:DL3002"),
)
def root_image_user(dockerfile: Dockerfile) -> Iterator[Problem]:
    user = last_user(dockerfile)
    name = name_of(user) if user else None
    if user and dockerfile.final and name and users.is_root(name):
        message = f"the image runs as root: the last USER is {user.words[0].text!r}"
        yield Problem(user.words[0].node, message, step_down(dockerfile.final))
