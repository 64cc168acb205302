"""What is installed in an image, as package managers and compilers wrote it down."""

from __future__ import annotations

from enum import Enum
from typing import NamedTuple


class Ecosystem(Enum):
    """Where packages come from, in the words of package URLs."""

    DEB = "deb"
    APK = "apk"
    RPM = "rpm"
    PYTHON = "pypi"
    NODE = "npm"
    GO = "golang"
    JAVA = "maven"


class Package(NamedTuple):
    """A package in one version, as its ecosystem writes it; what is not known is ''.

    `group` is Maven's; `source` is the package that a distribution built it from, by which its
    security tracker calls it, when that has another name or version.
    """

    ecosystem: Ecosystem
    name: str
    version: str
    architecture: str = ""
    source: str = ""
    source_version: str = ""
    group: str = ""


class Listing(NamedTuple):
    """The packages that one file lists, or is made of; `unread` is why it could not be read."""

    packages: tuple[Package, ...] = ()
    unread: str = ""


class Installed(NamedTuple):
    """A package, the file that says so, and the layer that it came with, from the bottom."""

    package: Package
    path: str
    layer: int


class Distribution(NamedTuple):
    """ID and VERSION_ID of os-release: `debian`, `12`."""

    id: str = ""
    version: str = ""


class Unread(NamedTuple):
    """A file that lists packages, or is one, and why it could not be read."""

    path: str
    reason: str

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


class Inventory(NamedTuple):
    """What is installed in one image. `name` is how it is called, `digest` its image id.

    `created` is when the image says that it was made (RFC 3339).
    """

    name: str
    digest: str
    platform: str
    created: str
    layers: tuple[str, ...]
    distribution: Distribution
    packages: tuple[Installed, ...]
    unread: tuple[Unread, ...] = ()
