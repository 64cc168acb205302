"""A VOLUME under a read-only root is writable on one node and read-only on the next."""

from collections.abc import Iterator

from kubeguard.checks.join._mounts import is_mounted
from kubeguard.checks.kit import Problem, Severity, ShippedContainer, advise, check


@check(
    "KG2505",
    "Volume of the image is not mounted under a read-only root",
    on=ShippedContainer,
    severity=Severity.LOW,
    refs=("CIS-Docker 5.13",),
)
def unmounted_image_volume(shipped: ShippedContainer) -> Iterator[Problem]:
    container = shipped.container
    if not shipped.image.volumes or container.own.get("readOnlyRootFilesystem") is not True:
        return
    where = container.node["securityContext"]["readOnlyRootFilesystem"]
    for path in shipped.image.volumes:
        if not is_mounted(container, path):
            message = f"{container} mounts nothing at {path[:60]!r}, a volume of its image"
            hint = f"mount an emptyDir with a sizeLimit, or a claim, at {path[:60]}"
            yield Problem(where, f"{message} that may stay writable, or not", advise(hint))
