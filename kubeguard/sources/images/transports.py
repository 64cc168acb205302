"""Where an image is looked for, in the words of skopeo."""

from __future__ import annotations

import os
from enum import Enum
from typing import NamedTuple

from kubeguard.errors import UsageError


class Transport(Enum):
    """`PREFIX:PATH[:NAME]`, for REGISTRY `docker://NAME`, for PLAIN_REGISTRY, which has no TLS,
    `docker+http://NAME`, for DAEMON `docker-daemon:NAME`; ANY is a plain path, which is recognised
    by what is there."""

    @property
    def is_registry(self) -> bool:
        return self in (Transport.REGISTRY, Transport.PLAIN_REGISTRY)

    @property
    def has_path(self) -> bool:
        return not self.is_registry and self is not Transport.DAEMON

    DOCKER_ARCHIVE = "docker-archive"
    OCI_ARCHIVE = "oci-archive"
    OCI = "oci"
    REGISTRY = "docker"
    PLAIN_REGISTRY = "docker+http"
    DAEMON = "docker-daemon"
    ANY = ""


class Look(Enum):
    """Where to look for images that manifests name; the value is the word of `--images`."""

    NOWHERE = "none"
    DAEMON = "daemon"
    REGISTRY = "pull"

    def target(self, reference: str) -> str:
        """What a user would type to have this image."""
        return f"docker://{reference}" if self is Look.REGISTRY else f"docker-daemon:{reference}"


class Target(NamedTuple):
    """A path ('' for a registry or daemon), and which of the images there: '' for all."""

    transport: Transport
    path: str
    tag: str = ""


_USTAR = slice(257, 262)
_PACKED = (b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"BZh", b"\xfd7zXZ\0")
HEAD = 512


def begins_as_archive(head: bytes) -> bool:
    """Whether the first bytes of a file are those of a tar archive, or of something packed."""
    return head[_USTAR] == b"ustar" or head.startswith(_PACKED)


def is_layout(folder: str) -> bool:
    """Whether a folder is an OCI image layout."""
    return os.path.isfile(os.path.join(folder, "oci-layout"))


def target(text: str) -> Target | None:
    """What the user named, None unless it begins with a transport. Raises UsageError."""
    prefix, colon, rest = text.partition(":")
    found = next((t for t in Transport if t.value == prefix and colon and t.value), None)
    if found is None:
        return None
    if found.is_registry:
        if not rest.startswith("//") or len(rest) < 3:
            hint = f"write {prefix}://registry.example.com/name:tag"
            raise UsageError(f"{text}: no image", hint)
        return Target(found, "", rest[2:])
    if found is Transport.DAEMON:
        if not rest:
            raise UsageError(f"{text}: no image", "write docker-daemon:name:tag")
        return Target(found, "", rest)
    path, _, tag = rest.partition(":")
    if not path:
        raise UsageError(f"{text}: no path", f"write {prefix}:PATH or {prefix}:PATH:NAME")
    return Target(found, path, tag)
