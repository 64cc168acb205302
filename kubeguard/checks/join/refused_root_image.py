"""The kubelet refuses to start an image of root's where the manifest says that nobody is root."""

from collections.abc import Iterator

from kubeguard.checks.join._users import is_left_to_the_image
from kubeguard.checks.kit import Problem, Severity, ShippedContainer, advise, check


@check(
    "KG2501",
    "Container will not start: its image runs as root",
    on=ShippedContainer,
    severity=Severity.MEDIUM,
    refs=("PSS restricted", "CIS-Docker 4.1"),
)
def refused_root_image(shipped: ShippedContainer) -> Iterator[Problem]:
    image = shipped.image
    if image.uid == 0 and is_left_to_the_image(shipped):
        who = f"runs as {image.user[:40]!r}" if image.user else "names no user, which is root"
        message = f"{shipped.container} will not start: runAsNonRoot, and its image {who}"
        hint = "give the image a user by number, or set runAsUser when it works as another"
        yield Problem(shipped.container.security("runAsNonRoot"), message, advise(hint))
