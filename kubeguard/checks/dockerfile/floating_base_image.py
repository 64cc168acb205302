"""A tag that moves makes two builds of one commit different programs."""

import re
from collections.abc import Iterator

from kubeguard.checks.dockerfile._stages import pulled
from kubeguard.checks.kit import Dockerfile, Problem, Severity, advise, check

_ONE_BUILD = re.compile(r"\d{4}-?\d\d-?\d\d|\b(?=[a-f]*\d)[0-9a-f]{7,40}\b")
"""The day or the commit of one build: `nightly-2026-01-31`, `main-3f2a1bc`."""
_MOVING = ("latest", "edge", "nightly", "main", "master", "canary", "dev")


@check(
    "KG1009",
    "Build pulls an image whose tag moves",
    on=Dockerfile,
    severity=Severity.MEDIUM,
    refs=("SLSA", "CWE-1357"),
    like=("trivy:DS-0001", "checkov:CKV_DOCKER_7", "hadolint:DL3006", "hadolint:DL3007"),
)
def floating_base_image(
    dockerfile: Dockerfile, *, tags: tuple[str, ...] = _MOVING
) -> Iterator[Problem]:
    for node, text, image in pulled(dockerfile):
        if image.digest or (image.tag and not _moves(image.tag, tags)):
            continue
        said = f"the moving tag {image.tag!r}" if image.tag else "no tag, which means latest"
        yield Problem(node, f"{text!r} has {said}", advise("name a version, or pin the digest"))


def _moves(tag: str, tags: tuple[str, ...]) -> bool:
    """Whether it is one of these, with or without a variant: `latest-alpine`."""
    first, _, variant = tag.partition("-")
    return first in tags and not _ONE_BUILD.search(variant)
