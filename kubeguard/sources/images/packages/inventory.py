"""The inventory of an image: every package once, with the layer that it came with."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from kubeguard.model.image import File, Image
from kubeguard.model.node import Node
from kubeguard.model.package import Distribution, Installed, Inventory, Package, Unread
from kubeguard.model.reading import Reading
from kubeguard.model.trouble import Trouble, TroubleKind

_RELEASE = ("/etc/os-release", "/usr/lib/os-release")
_Key = tuple[str, Package]


def inventory(image: Image, name: str) -> Inventory:
    """What is installed in an image whose layers were read with their packages."""
    listing = sorted((file for file in image.files.values() if file.listing), key=_path)
    first = _first_layers((*image.buried, *listing))
    return Inventory(
        next(iter(image.names), name),
        image.digest,
        image.platform,
        image.node["created"].text,
        tuple(layer.digest for layer in image.layers),
        _distribution(image),
        tuple(_installed(listing, first)),
        tuple(
            Unread(file.path, file.listing.unread)
            for file in listing
            if file.listing and file.listing.unread
        ),
    )


def telling_gaps(reading: Reading) -> Reading:
    """The reading with a trouble for everything that its inventories leave out."""
    told = tuple(
        Trouble(Node(None, image.node.source, (gap.path,)), TroubleKind.UNREAD_PACKAGES, str(gap))
        for image in reading.images
        if image.inventory
        for gap in image.inventory.unread
    )
    return replace(reading, troubles=(*reading.troubles, *told)) if told else reading


def _path(file: File) -> str:
    return file.path


def _first_layers(files: Iterable[File]) -> dict[_Key, int]:
    """A database is written anew whenever something is installed: the first one to list a package
    came with it."""
    first: dict[_Key, int] = {}
    for file in files:
        for package in file.listing.packages if file.listing else ():
            key = (file.path, package)
            first[key] = min(file.layer, first.get(key, file.layer))
    return first


def _installed(listing: Iterable[File], first: dict[_Key, int]) -> Iterator[Installed]:
    seen: set[Package] = set()
    for file in listing:
        for package in sorted(set(file.listing.packages) if file.listing else (), key=_order):
            if package not in seen:
                seen.add(package)
                yield Installed(package, file.path, first[file.path, package])


def _order(package: Package) -> tuple[str, ...]:
    return (package.ecosystem.value, *package[1:])


def _distribution(image: Image) -> Distribution:
    """os-release(5): the first of the two that is there."""
    file = next(filter(None, map(image.find, _RELEASE)), None)
    lines = (line.partition("=") for line in file.text.splitlines()) if file else ()
    fields = {key.strip(): value.strip().strip("\"'") for key, _, value in lines}
    return Distribution(fields.get("ID", ""), fields.get("VERSION_ID", ""))
