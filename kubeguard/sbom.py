"""Inventories as a CycloneDX bill of materials: the same images always give the same bytes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from uuid import NAMESPACE_URL, uuid5

from kubeguard.errors import UsageError
from kubeguard.model.package import Distribution, Ecosystem, Installed, Inventory, Package
from kubeguard.version import VERSION

if TYPE_CHECKING:
    from cyclonedx.model.bom import Bom
    from cyclonedx.model.component import Component
    from packageurl import PackageURL

_TRIVY = "aquasecurity:trivy"
"""The names under which Trivy looks for what CycloneDX has no field for."""
_OF_DISTRIBUTIONS = (Ecosystem.DEB, Ecosystem.APK, Ecosystem.RPM)
_TYPES = {
    Ecosystem.PYTHON: "python-pkg",
    Ecosystem.NODE: "node-pkg",
    Ecosystem.GO: "gobinary",
    Ecosystem.JAVA: "jar",
}
_MOMENT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)")
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f]")


def render(inventories: Sequence[Inventory], gaps: Iterable[str] = ()) -> str:
    """CycloneDX 1.6 as JSON, ending in a newline; `gaps` are what else is missing in it.

    Raises UsageError when the library is missing.
    """
    try:
        from cyclonedx.output.json import JsonV1Dot6
    except ImportError as error:
        hint = "pip install kubeguard[sbom]"
        raise UsageError("the CycloneDX library for Python is not installed", hint) from error
    each = list({inventory.digest: inventory for inventory in inventories}.values())
    unread = [str(gap) for inventory in each for gap in inventory.unread]
    bom = _bom(each, (*gaps, *unread))
    return JsonV1Dot6(bom).output_as_string(indent=2) + "\n"


def _bom(inventories: Sequence[Inventory], gaps: Iterable[str]) -> Bom:
    """One image is what the bill is about; of several each has its own packages inside it."""
    from cyclonedx.model import Property
    from cyclonedx.model.bom import Bom, BomMetaData
    from cyclonedx.model.component import Component, ComponentType
    from cyclonedx.model.tool import ToolRepository

    images = [_image(inventory) for inventory in inventories]
    parts = [list(_components(inventory)) for inventory in inventories]
    tool = Component(name="kubeguard", version=VERSION, type=ComponentType.APPLICATION)
    metadata = BomMetaData(
        tools=ToolRepository(components=[tool]),
        timestamp=max(map(_created, inventories), default=_NEVER),
        component=images[0] if len(images) == 1 else None,
        properties=[Property(name="kubeguard:unread", value=_printable(gap)) for gap in gaps],
    )
    serial = uuid5(NAMESPACE_URL, " ".join(inventory.digest for inventory in inventories))
    bom = Bom(metadata=metadata, serial_number=serial)
    if len(images) == 1:
        bom.components.update(parts[0])
    else:
        bom.components.update(images)
    for image, own in zip(images, parts, strict=True):
        if len(images) > 1:
            image.components.update(own)
        _relate(bom, image, own)
    return bom


def _relate(bom: Bom, image: Component, parts: Sequence[Component]) -> None:
    """The image has a distribution, which has its packages; all others it has itself."""
    from cyclonedx.model.component import ComponentType

    system = [part for part in parts if part.type is ComponentType.OPERATING_SYSTEM]
    owned = [part for part in parts if part.purl and _is_of_distribution(part.purl) and system]
    bom.register_dependency(image, [part for part in parts if part not in owned])
    for part in system:
        bom.register_dependency(part, owned)


def _is_of_distribution(purl: PackageURL) -> bool:
    return any(purl.type == ecosystem.value for ecosystem in _OF_DISTRIBUTIONS)


def _image(inventory: Inventory) -> Component:
    from cyclonedx.model import Property
    from cyclonedx.model.component import Component, ComponentType

    told = [("ImageID", inventory.digest), *(("DiffID", layer) for layer in inventory.layers)]
    return Component(
        type=ComponentType.CONTAINER,
        name=_printable(inventory.name),
        version=inventory.digest,
        bom_ref=inventory.digest,
        properties=[
            *(Property(name=f"{_TRIVY}:{name}", value=value) for name, value in told),
            Property(name="kubeguard:platform", value=_printable(inventory.platform)),
        ],
    )


def _components(inventory: Inventory) -> Iterator[Component]:
    """The distribution, then what is installed."""
    from cyclonedx.model import Property
    from cyclonedx.model.component import Component, ComponentType

    system = inventory.distribution
    if system.id:
        yield Component(
            type=ComponentType.OPERATING_SYSTEM,
            name=_printable(system.id),
            version=_printable(system.version) or None,
            bom_ref=f"{inventory.digest}#system",
            properties=[
                Property(name=f"{_TRIVY}:Class", value="os-pkgs"),
                Property(name=f"{_TRIVY}:Type", value=_printable(system.id)),
            ],
        )
    seen: set[str] = set()
    for installed in inventory.packages:
        purl = _purl(installed.package, system)
        if str(purl) not in seen:
            seen.add(str(purl))
            yield _component(installed, purl, inventory)


def _component(installed: Installed, purl: PackageURL, inventory: Inventory) -> Component:
    from cyclonedx.model import Property
    from cyclonedx.model.component import Component, ComponentType

    package = installed.package
    return Component(
        type=ComponentType.LIBRARY,
        group=_printable(package.group) or None,
        name=_printable(package.name),
        version=_printable(package.version) or None,
        bom_ref=f"{inventory.digest}#{purl}",
        purl=purl,
        properties=[
            Property(name=name, value=_printable(value))
            for name, value in _told(installed, inventory)
            if value
        ],
    )


def _told(installed: Installed, inventory: Inventory) -> Iterable[tuple[str, str]]:
    package = installed.package
    return (
        ("kubeguard:path", installed.path),
        (f"{_TRIVY}:LayerDiffID", inventory.layers[installed.layer]),
        (f"{_TRIVY}:PkgType", _TYPES.get(package.ecosystem, inventory.distribution.id)),
        (f"{_TRIVY}:FilePath", installed.path.lstrip("/") * (package.ecosystem in _TYPES)),
        (f"{_TRIVY}:SrcName", package.source),
        (f"{_TRIVY}:SrcVersion", package.source_version),
    )


def _purl(package: Package, system: Distribution) -> PackageURL:
    """https://github.com/package-url/purl-spec, with the namespace that each type asks for."""
    from packageurl import PackageURL

    namespace, _, name = package.name.rpartition("/")
    qualifiers: dict[str, str] = {}
    match package.ecosystem:
        case Ecosystem.DEB | Ecosystem.APK | Ecosystem.RPM:
            namespace, name = system.id, package.name
            if package.architecture:
                qualifiers["arch"] = package.architecture
            if system.version:
                prefix = f"{system.id}-" if package.ecosystem is Ecosystem.DEB else ""
                qualifiers["distro"] = f"{prefix}{system.version}"
        case Ecosystem.JAVA:
            namespace, name = package.group, package.name
        case Ecosystem.PYTHON:
            namespace, name = "", package.name
    return PackageURL(
        package.ecosystem.value,
        _printable(namespace) or None,
        _printable(name) or "unnamed",
        _printable(package.version) or None,
        qualifiers={key: _printable(value) for key, value in qualifiers.items()},
    )


def _created(inventory: Inventory) -> datetime:
    """When the image was made, as it says; 1970 when it does not."""
    found = _MOMENT.fullmatch(inventory.created)
    try:
        return datetime.fromisoformat(found[1] + found[2]) if found else _NEVER
    except ValueError:
        return _NEVER


_NEVER = datetime.fromtimestamp(0, UTC)


def _printable(text: str) -> str:
    """Text from an image without control characters and halves of pairs, which JSON lacks."""
    return _UNPRINTABLE.sub("\N{REPLACEMENT CHARACTER}", text).encode("utf-8", "replace").decode()
