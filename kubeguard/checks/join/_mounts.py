"""What volumes put over an image."""

from posixpath import normpath

from kubeguard.checks.kit import Container


def is_mounted(container: Container, path: str) -> bool:
    """Whether a volume is mounted at the path or above it."""
    mounts = (each["mountPath"].text for each in container.node["volumeMounts"])
    return any(_is_within(path, normpath(mount)) for mount in mounts if mount)


def _is_within(path: str, folder: str) -> bool:
    return path == folder or path.startswith(f"{folder.rstrip('/')}/")
