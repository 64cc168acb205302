"""The databases of dpkg and apk, and of distroless images, which keep a file for each package."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kubeguard.model.package import Ecosystem, Listing, Package

_SOURCE = re.compile(r"(\S+)(?: \((\S+)\))?")


def dpkg(_: str, data: bytes) -> Listing:
    """deb-status(5); a file below status.d has no Status, and is installed."""
    return Listing(tuple(filter(None, map(_deb, _paragraphs(data)))))


def _deb(fields: dict[str, str]) -> Package | None:
    name, version = fields.get("Package"), fields.get("Version")
    installed = fields.get("Status", "install ok installed").split()[-1:] == ["installed"]
    if not (name and version and installed):
        return None
    found = _SOURCE.fullmatch(fields.get("Source", ""))
    source, source_version = found.groups() if found else (name, None)
    architecture = fields.get("Architecture", "")
    return Package(Ecosystem.DEB, name, version, architecture, source, source_version or version)


def apk(_: str, data: bytes) -> Listing:
    """APKINDEX with the fields of installed packages; `o` is the origin."""
    return Listing(tuple(filter(None, map(_apk, _paragraphs(data)))))


def _apk(fields: dict[str, str]) -> Package | None:
    name, version = fields.get("P"), fields.get("V")
    if not (name and version):
        return None
    return Package(
        Ecosystem.APK, name, version, fields.get("A", ""), fields.get("o") or name, version
    )


def rpm(_: str, __: bytes) -> Listing:
    """Three formats, none of them documented; no library on PyPI reads them."""
    return Listing(unread="databases of rpm are not read")


def _paragraphs(data: bytes) -> Iterator[dict[str, str]]:
    """Paragraphs of `Field: value`; lines that go on with a blank belong to no field of ours."""
    fields: dict[str, str] = {}
    for line in data.decode("utf-8", "replace").split("\n"):
        if not line.strip():
            if fields:
                yield fields
            fields = {}
        elif not line[0].isspace():
            key, found, value = line.partition(":")
            if found:
                fields.setdefault(key, value.strip())
    if fields:
        yield fields
