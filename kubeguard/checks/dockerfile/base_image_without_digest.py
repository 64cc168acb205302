"""A tag is a promise of the registry; only a digest is a fact."""

from collections.abc import Iterator

from kubeguard.checks.dockerfile._stages import pulled
from kubeguard.checks.kit import Dockerfile, Problem, Profile, Severity, advise, check


@check(
    "KG1010",
    "Build pulls an image without a digest",
    on=Dockerfile,
    severity=Severity.LOW,
    profile=Profile.PEDANTIC,
    refs=("SLSA", "CWE-494"),
)
def base_image_without_digest(dockerfile: Dockerfile) -> Iterator[Problem]:
    for node, text, image in pulled(dockerfile):
        if not image.digest:
            hint = "append @sha256:... and let a bot keep it current"
            yield Problem(node, f"{text!r} is not pinned to a digest", advise(hint))
