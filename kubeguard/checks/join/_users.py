"""When the image decides whether a container starts."""

from kubeguard.checks.kit import ShippedContainer


def is_left_to_the_image(shipped: ShippedContainer) -> bool:
    """Whether root is refused and no `runAsUser` says who runs (kubelet, verifyRunAsNonRoot)."""
    container = shipped.container
    return (
        container.setting("runAsNonRoot") is True
        and container.setting("runAsUser") is None
        and not container.workload.windows
    )
