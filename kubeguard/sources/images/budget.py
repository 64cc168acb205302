"""How much of an image kubeguard is willing to read; every limit is an error that names it."""

from __future__ import annotations

from typing import NamedTuple

from kubeguard.errors import SourceError

_MIB = 1024 * 1024


class TooLargeError(SourceError):
    """An image beyond a limit, refused rather than half read."""


class ImageBudget(NamedTuple):
    """Generous for the images of machine learning, small for an attacker. Sizes are in bytes."""

    document: int = 8 * _MIB
    """A manifest, an index or a configuration."""
    images: int = 200
    """In one archive or layout, platforms counted."""
    layers: int = 1000
    nesting: int = 8
    """Indexes in indexes, links to links."""
    entries: int = 1_000_000
    """Files, folders and links in all layers together, and members of an archive."""
    unpacked: int = 128 * 1024 * _MIB
    """All layers together."""
    ratio: int = 200
    """Unpacked to packed, from `ratio_from` bytes on: a bomb; zeros alone reach 1000 by gzip."""
    ratio_from: int = 1024 * _MIB
    header: int = _MIB
    """An extended header of tar: long names and attributes."""
    content: int = _MIB // 4
    """What is kept of one file that a check looks into."""
    contents: int = 64 * _MIB
    """What is kept of all of them."""
    listing: int = 0
    """What is read of one file that lists packages; 0 leaves packages out."""
    packages: int = 200_000
    """In all layers together."""


IMAGE_BUDGET = ImageBudget()
WITH_PACKAGES = IMAGE_BUDGET._replace(listing=64 * _MIB)
