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
    names = image.names
    if names and all(map(_is_latest, names)):
        message = f"the image is called {names[0][:80]!r}, which is another one tomorrow"
        yield Problem(image.node["created"], message, advise("tag it with its version or commit"))


def _is_latest(name: str) -> bool:
    reference = ImageReference.parse(name)
    return "latest" in (reference.tag, name) and not reference.digest
