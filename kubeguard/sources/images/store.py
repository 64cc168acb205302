"""Where the documents and layers of an image lie: an archive, or a folder."""

from __future__ import annotations

import os
import posixpath
import re
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any, BinaryIO, NamedTuple, Protocol

import orjson

from kubeguard.errors import SourceError
from kubeguard.sources.images.budget import ImageBudget, TooLargeError
from kubeguard.sources.images.streams import (
    CHUNK,
    HEAD,
    Cursor,
    FileCursor,
    Hashed,
    Metered,
    Readable,
    packer,
    unpacked,
)
from kubeguard.sources.images.tar import Member, TarType, members


class Store(Protocol):
    """Named pieces that can be read, each from its beginning."""

    budget: ImageBudget

    def has(self, name: str, /) -> bool: ...

    def order(self, name: str, /) -> int:
        """Pieces are cheapest to read by rising order."""

    def open(self, name: str, /) -> AbstractContextManager[Readable]:
        """Raises SourceError when there is none of this name."""


class Folder:
    """The files of an OCI layout. Names come from `blob_name`, or are constants."""

    def __init__(self, path: str, budget: ImageBudget) -> None:
        self.path = path
        self.budget = budget

    def has(self, name: str) -> bool:
        return os.path.isfile(os.path.join(self.path, name))

    def order(self, _: str) -> int:
        return 0

    @contextmanager
    def open(self, name: str) -> Iterator[Readable]:
        try:
            file = regular_file(os.path.join(self.path, name))
        except FileNotFoundError:
            raise SourceError(f"{name} is missing") from None
        except OSError as error:
            raise SourceError(f"{name}: {(error.strerror or str(error)).lower()}") from error
        with file:
            yield file


class _Slot(NamedTuple):
    """Where the content of a member lies in an archive; `target` when it is a link."""

    offset: int
    size: int
    target: str = ""


class Archive:
    """The members of a tar archive in a file, which may be compressed as a whole."""

    def __init__(self, file: BinaryIO, budget: ImageBudget) -> None:
        self.file = file
        self.budget = budget
        self.size = file.seek(0, os.SEEK_END)
        self.stream = self._beginning()
        self.slots = self._index()

    def has(self, name: str) -> bool:
        return self._resolve(name) in self.slots

    def order(self, name: str) -> int:
        slot = self.slots.get(self._resolve(name))
        return slot.offset if slot else 0

    @contextmanager
    def open(self, name: str) -> Iterator[Readable]:
        slot = self.slots.get(self._resolve(name))
        if slot is None:
            raise SourceError(f"{cut(name)} is missing")
        if slot.offset < self.stream.offset:
            self.stream = self._beginning()
        self.stream.skip(slot.offset - self.stream.offset)
        yield Piece(self.stream, slot.size)

    def _beginning(self) -> Cursor:
        self.file.seek(0)
        head = self.file.read(HEAD)
        self.file.seek(0)
        if not packer(head):
            return FileCursor(self.file, self.size)
        packed = Hashed(self.file)
        return Cursor(Metered(unpacked(packed), packed, 0, self.budget))

    def _index(self) -> dict[str, _Slot]:
        slots: dict[str, _Slot] = {}
        for number, member in enumerate(members(self.stream, self.budget)):
            if number >= self.budget.entries:
                raise TooLargeError(f"more than {self.budget.entries:,} members")
            name = normal(member.name)
            if member.type is TarType.FILE:
                slots[name] = _Slot(self.stream.offset, member.stored)
            elif member.type in (TarType.SYMBOLIC, TarType.HARD):
                slots[name] = _Slot(0, 0, link_target(name, member))
        return slots

    def _resolve(self, name: str) -> str:
        """Behind links: `docker save` writes them for a layer that it has written before."""
        for _ in range(self.budget.nesting):
            slot = self.slots.get(name)
            if slot is None or not slot.target:
                return name
            name = slot.target
        raise SourceError(f"{cut(name)} is a link that leads nowhere")


class Piece:
    """The content of one member, while nothing else is read from the archive."""

    def __init__(self, stream: Cursor, size: int) -> None:
        self.stream = stream
        self.left = size

    def read(self, size: int) -> bytes:
        data = self.stream.take(min(size, self.left, CHUNK))
        self.left -= len(data)
        return data


class Document(NamedTuple):
    """A JSON document of an image, and the digest of its bytes."""

    value: Any
    digest: str

    def entries(self, *path: str) -> list[dict[str, Any]]:
        """The mappings in the list at `path`; none when there is no list."""
        value = self.value
        for key in path:
            value = value.get(key) if isinstance(value, dict) else None
        return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def document(store: Store, name: str, digest: str = "") -> Document:
    """Read a document, which has to have this digest if one is given. Raises SourceError."""
    data, found = content(store, name, digest)
    return parsed(data, cut(name), found)


class Content(NamedTuple):
    """The bytes of a piece, and their digest."""

    data: bytes
    digest: str


def content(store: Store, name: str, digest: str = "") -> Content:
    """Read a piece that is no longer than a document, and has to have this digest if one is given.

    Raises SourceError.
    """
    data = b""
    with store.open(name) as file:
        stream = Hashed(file)
        while more := stream.read(CHUNK):
            data += more
            if len(data) > store.budget.document:
                raise TooLargeError(f"{cut(name)}: more than {store.budget.document:,} bytes")
    if digest and stream.digest != digest:
        raise SourceError(f"{cut(name)}: the content does not have its digest")
    return Content(data, stream.digest)


def parsed(data: bytes, name: str, digest: str) -> Document:
    """The document that these bytes are. Raises SourceError."""
    try:
        return Document(orjson.loads(data), digest)
    except orjson.JSONDecodeError as error:
        raise SourceError(f"{name}: not JSON") from error


_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")


def blob_name(digest: object) -> str:
    """Where a layout keeps the blob of a digest. Raises SourceError for anything but SHA-256."""
    found = _DIGEST.fullmatch(digest) if isinstance(digest, str) else None
    if found is None:
        raise SourceError(f"{cut(str(digest))!r} is no SHA-256 digest")
    return f"blobs/sha256/{found[1]}"


def regular_file(path: str) -> BinaryIO:
    """A file to read from, which is no pipe and no device. Raises OSError."""
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(f"{path} is not a regular file")
    return open(descriptor, "rb", buffering=0)


def link_target(name: str, member: Member) -> str:
    """The member that a link leads to: from its folder when symbolic, from the top when hard."""
    base = posixpath.dirname(name) if member.type is TarType.SYMBOLIC else ""
    return normal(posixpath.join(base, member.target))


def normal(name: str) -> str:
    """The name of a member as others refer to it."""
    return posixpath.normpath(name).lstrip("/")


def cut(name: str) -> str:
    """Short enough for a message."""
    return name if len(name) <= 100 else f"{name[:97]}..."
