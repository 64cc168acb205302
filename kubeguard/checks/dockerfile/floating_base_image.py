"""A tag that moves makes two builds of one commit different programs."""

from collections.abc import Iterator

from kubeguard.checks.dockerfile._stages import pulled
from kubeguard.checks.kit import Dockerfile, Problem, Severity, advise, check

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
        if image.digest or (image.tag and image.tag.partition("-")[0] not in tags):
            continue
        said = f"the moving tag {image.tag!r}" if image.tag else "no tag, which means latest"
        yield Problem(node, f"{text!r} has {said}", advise("name a version, or pin the digest"))
