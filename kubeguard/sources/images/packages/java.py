"""Java archives: what Maven wrote into them, else their manifest, else their name."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator

from kubeguard.model.package import Ecosystem, Listing, Package

_POM = re.compile(r"META-INF/maven/[^/]+/[^/]+/pom\.properties")
_MANIFEST = "META-INF/MANIFEST.MF"
_NESTED = re.compile(r"(?i).+\.[jwe]ar")
_FILE_NAME = re.compile(r"(?i)(?P<name>.+?)-(?P<version>\d[\w.+-]*)\.[jwe]ar")
_ENTRY = b"PK\x01\x02"
_MOST_ENTRIES = 100_000
_MOST_TEXT = 1024 * 1024
_MOST_NESTED = 64 * 1024 * 1024
"""Bytes of an archive in an archive, unpacked; of all in one, four times as many."""
_DEPTH = 2


def archive(path: str, data: bytes) -> Listing:
    """The archive itself, and those in it (Spring Boot, web archives)."""
    try:
        found = tuple(_Archives(4 * _MOST_NESTED).packages(path, data, _DEPTH))
    except _TooMuchError:
        return Listing(unread="too much in it")
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, zlib.error, EOFError, OSError):
        return Listing(unread="not a ZIP archive, or a damaged one")
    return Listing(tuple(dict.fromkeys(found)))


class _TooMuchError(Exception):
    """A bomb."""


class _Archives:
    """Archives in archives, with what may still be unpacked of them, in bytes."""

    def __init__(self, left: int) -> None:
        self.left = left

    def packages(self, path: str, data: bytes, depth: int) -> Iterator[Package]:
        if data.count(_ENTRY) > _MOST_ENTRIES:
            raise _TooMuchError
        own = False
        with zipfile.ZipFile(io.BytesIO(data)) as opened:
            names = opened.namelist()
            for name in filter(_POM.fullmatch, names):
                package = _of_maven(self._content(opened, name, _MOST_TEXT))
                if package:
                    own = True
                    yield package
            if not own:
                manifest = (
                    self._content(opened, _MANIFEST, _MOST_TEXT) if _MANIFEST in names else b""
                )
                yield from _of_manifest(path, manifest)
            for name in filter(_NESTED.fullmatch, names) if depth else ():
                yield from self.packages(name, self._content(opened, name, _MOST_NESTED), depth - 1)

    def _content(self, opened: zipfile.ZipFile, name: str, most: int) -> bytes:
        with opened.open(name) as file:
            data = file.read(most + 1)
        self.left -= len(data)
        if len(data) > most or self.left < 0:
            raise _TooMuchError
        return data


def _of_maven(data: bytes) -> Package | None:
    lines = (line.partition("=") for line in data.decode("utf-8", "replace").splitlines())
    fields = {key.strip(): value.strip() for key, _, value in lines}
    group, name, version = (fields.get(key, "") for key in ("groupId", "artifactId", "version"))
    return Package(Ecosystem.JAVA, name, version, group=group) if name and version else None


def _of_manifest(path: str, data: bytes) -> Iterator[Package]:
    """The name is that of the file, which build tools make of name and version."""
    text = re.sub(r"\r?\n ", "", data.decode("utf-8", "replace"))  # lines of 72 bytes at most
    fields = dict(line.split(": ", 1) for line in text.splitlines() if ": " in line)
    file = path.rpartition("/")[2]
    named = _FILE_NAME.fullmatch(file)
    version = fields.get("Implementation-Version") or fields.get("Bundle-Version") or ""
    version = version.strip() or (named["version"] if named else "")
    name = named["name"] if named else file.rpartition(".")[0]
    group = fields.get("Implementation-Vendor-Id", "").strip()
    if name and version:
        yield Package(Ecosystem.JAVA, name, version, group=group)
