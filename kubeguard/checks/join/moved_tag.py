"""Who reads the tag believes in one image, and the digest starts another."""

from collections.abc import Iterator

from kubeguard.checks.kit import Container, Problem, Severity, advise, check


@check(
    "KG2506",
    "Pinned digest is not that of the image with this tag",
    on=Container,
    severity=Severity.MEDIUM,
    refs=("SLSA",),
)
def moved_tag(container: Container) -> Iterator[Problem]:
    reference = container.image
    if not reference or not reference.digest or container.facts:
        return
    image = container.cluster.images.called(reference)
    if image and image.digests:
        where, known = container.node["image"], image.digests[-1]
        message = (
            f"{container} pins {reference.digest[:19]}, and {where.text.partition('@')[0][:60]}"
        )
        hint = f"pin {known}, or judge the image that is pinned"
        yield Problem(where, f"{message} as given is {known[:19]}", advise(hint))
