"""An image that is only called latest is another one tomorrow, and nobody can say which ran."""

from collections.abc import Iterator

from kubeguard.checks.kit import Image, ImageReference, Problem, Severity, advise, check


@check(
    "KG2020",
    "Built image is called latest",
    on=Image,
    severity=Severity.LOW,
    refs=("CIS-Docker 4.2",),
    like=("trivy:DS-0001", "hadolint:DL3007"),
)
def shipped_latest_tag(image: Image) -> Iterator[Problem]:
    if not image.name:
        return
    reference = ImageReference.parse(image.name)
    if "latest" in (reference.tag, image.name) and not reference.digest:
        message = f"the image is called {image.name[:80]!r}, which is another one tomorrow"
        yield Problem(image.node["created"], message, advise("tag it with its version or commit"))
