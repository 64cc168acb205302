"""Images in all the shapes they are kept in, and what becomes of them."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
import zstandard

from kubeguard.model.reading import Reading
from kubeguard.sources.images.budget import IMAGE_BUDGET, ImageBudget
from kubeguard.sources.images.platforms import parse
from kubeguard.sources.images.reading import read
from kubeguard.sources.images.transports import Target, Transport
from tests.building import Built, archive, docker_files, oci_files, write_folder

Scan = Callable[..., Reading]


@pytest.fixture
def scan(tmp_path: Path) -> Scan:
    """Read an archive given as bytes, or a layout given as its files."""

    def scan(
        given: bytes | dict[str, bytes],
        transport: str = "",
        tag: str = "",
        platform: str = "",
        budget: ImageBudget = IMAGE_BUDGET,
    ) -> Reading:
        path = tmp_path / ("archive" if isinstance(given, bytes) else "layout")
        if isinstance(given, bytes):
            path.write_bytes(given)
        else:
            write_folder(path, given)
        wanted = parse(platform) if platform else None
        return read("image", Target(Transport(transport), str(path), tag), wanted, budget)

    return scan


def zstd(data: bytes) -> bytes:
    return zstandard.ZstdCompressor().compress(data)


def members(data: bytes) -> bytes:
    """gzip in many members, as eStargz packs."""
    return b"".join(gzip.compress(data[i : i + 700]) for i in range(0, len(data), 700))


SHAPES: dict[str, Callable[[Built], bytes | dict[str, bytes]]] = {
    "docker-archive": lambda image: archive(docker_files(image)),
    "docker-archive packed with gzip": lambda image: gzip.compress(archive(docker_files(image))),
    "docker-archive packed with zstd": lambda image: zstd(archive(docker_files(image))),
    "oci layout, gzip": lambda image: oci_files(image),
    "oci layout, zstd": lambda image: oci_files(image, pack=zstd),
    "oci layout, plain": lambda image: oci_files(image, pack=bytes),
    "oci layout, many members": lambda image: oci_files(image, pack=members),
    "oci layout, padded": lambda image: oci_files(
        image, pack=lambda d: gzip.compress(d) + bytes(99)
    ),
    "oci-archive": lambda image: archive(oci_files(image)),
    "nested index": lambda image: oci_files(nested=[image]),
}
