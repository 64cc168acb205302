"""Who a container runs as: the decisions that Dockerfiles and images share."""

from __future__ import annotations


def name_of(user: str) -> str:
    """The user of `user:group`."""
    return user.partition(":")[0].strip()


def is_root(name: str) -> bool:
    """Root by any spelling, and the administrator of Windows images."""
    return name.lower() in ("root", "containeradministrator") or (
        name.lstrip("+").isdecimal() and int(name) == 0
    )


def is_unproven(name: str) -> bool:
    """Whether the kubelet cannot tell that the user is not root: a name that is not root's."""
    return bool(name) and not name.isdecimal() and not is_root(name) and name != "ContainerUser"
