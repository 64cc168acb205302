"""What one layer says, and what a container sees of layers on top of each other."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import NamedTuple

from kubeguard.errors import SourceError
from kubeguard.model.image import File, FileKind
from kubeguard.model.package import Listing
from kubeguard.sources.images.budget import ImageBudget, TooLargeError
from kubeguard.sources.images.contents import HEAD, is_telling, is_wanted
from kubeguard.sources.images.packages import golang
from kubeguard.sources.images.packages.parsers import Parser, parser
from kubeguard.sources.images.streams import Cursor, PassingLayer, Readable
from kubeguard.sources.images.tar import Member, TarType, members

_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
_KINDS = {
    TarType.FILE: FileKind.FILE,
    TarType.HARD: FileKind.FILE,
    TarType.FOLDER: FileKind.FOLDER,
    TarType.SYMBOLIC: FileKind.LINK,
    TarType.OTHER: FileKind.OTHER,
}


@dataclass
class Spent:
    """What the layers of one input have come to so far."""

    entries: int = 0
    unpacked: int = 0
    contents: int = 0
    packages: int = 0


@dataclass(frozen=True, slots=True)
class Changes:
    """A layer: what it adds, what it takes away from those below, and what it has twice.

    `hard` leads from a link to the path it shares its content with.
    """

    files: dict[str, File] = field(default_factory=dict)
    hard: dict[str, str] = field(default_factory=dict)
    deleted: set[str] = field(default_factory=set)
    emptied: set[str] = field(default_factory=set)
    """Folders of which nothing below shows."""
    twice: list[File] = field(default_factory=list)


class ReadLayer(NamedTuple):
    """A layer that was read, and the digests it turned out to have, packed and unpacked."""

    changes: Changes
    packed: str
    unpacked: str


def read_layer(file: Readable, spent: Spent, budget: ImageBudget) -> ReadLayer:
    """Read a layer to its end. Raises SourceError."""
    layer = PassingLayer(file, spent.unpacked, budget)
    found = changes(layer.stream, spent, budget)
    layer.stream.drain()
    spent.unpacked += layer.size
    return ReadLayer(found, *layer.digests)


def changes(stream: Cursor, spent: Spent, budget: ImageBudget) -> Changes:
    """Read a layer's members. Raises SourceError."""
    found = Changes()
    for member in members(stream, budget):
        spent.entries += 1
        if spent.entries > budget.entries:
            raise TooLargeError(f"more than {budget.entries:,} files")
        path = _path(member.name)
        folder, _, name = path.rpartition("/")
        if name == _OPAQUE:
            found.emptied.add(folder or "/")
        elif name.startswith(_WHITEOUT):
            if not name.startswith(_WHITEOUT * 2):  # AUFS kept its books in `.wh..wh.plnk`
                found.deleted.add(f"{folder}/{name.removeprefix(_WHITEOUT)}")
        else:
            _add(found, path, member, _kept(path, member, stream, spent, budget))
    return found


def _path(name: str) -> str:
    """The absolute path of a member; one that climbs out of the image is refused."""
    if ".." in name.split("/"):
        raise SourceError(f"{name[:100]!r} leads out of the image")
    return posixpath.normpath("/" + name.lstrip("/"))


def _add(found: Changes, path: str, member: Member, kept: _Kept) -> None:
    before = found.files.get(path)
    if before is not None and before.kind is not FileKind.FOLDER:
        found.twice.append(before)
    hard = member.type is TarType.HARD
    found.files[path] = File(
        path,
        _KINDS[member.type],
        member.mode,
        member.uid,
        member.gid,
        member.size,
        layer=0,
        target="" if hard else member.target,
        content=kept.content,
        capabilities=member.capabilities,
        listing=kept.listing,
    )
    found.hard.pop(path, None)
    if hard:
        found.hard[path] = _path(member.target)


class _Kept(NamedTuple):
    """What is kept of a file: its beginning, or the packages that it tells of."""

    content: bytes | None = None
    listing: Listing | None = None


_NOTHING = _Kept()


def _kept(path: str, member: Member, stream: Cursor, spent: Spent, budget: ImageBudget) -> _Kept:
    """What some check looks into, and what an inventory is made of."""
    if member.type is not TarType.FILE or not member.stored:
        return _NOTHING
    if budget.listing and (parse := parser(path)):
        return _Kept(listing=_listed(path, member, parse, stream, spent, budget))
    if is_wanted(path):
        return _Kept(_spend(stream.take(min(member.stored, budget.content)), spent, budget))
    head = stream.take(min(member.stored, HEAD))
    if is_telling(head):
        most = min(member.stored, budget.content)
        return _Kept(_spend(head + stream.take(most - len(head)), spent, budget))
    if budget.listing and golang.is_program(head):
        listing = golang.modules(head, stream, member.stored - len(head))
        return _Kept(listing=_counted(listing, spent, budget))
    return _NOTHING


def _spend(data: bytes, spent: Spent, budget: ImageBudget) -> bytes:
    spent.contents += len(data)
    if spent.contents > budget.contents:
        raise TooLargeError(f"more than {budget.contents:,} bytes of files that may hold secrets")
    return data


def _listed(
    path: str, member: Member, parse: Parser, stream: Cursor, spent: Spent, budget: ImageBudget
) -> Listing | None:
    if member.stored > budget.listing:
        return Listing(unread=f"more than {budget.listing:,} bytes")
    return _counted(parse(path, stream.take(member.stored)), spent, budget)


def _counted(listing: Listing | None, spent: Spent, budget: ImageBudget) -> Listing | None:
    spent.packages += len(listing.packages) if listing else 0
    if spent.packages > budget.packages:
        raise TooLargeError(f"more than {budget.packages:,} packages")
    return listing


class Overlay:
    """Layers put on top of each other, from the bottom up."""

    def __init__(self) -> None:
        self.files: dict[str, File] = {}
        self.buried: list[File] = []

    def put(self, layer: Changes, number: int) -> None:
        """What a layer deletes is deleted from those below it, wherever it says so."""
        for path in tuple(self._gone(layer)):
            self._bury(path, number)
        for path, file in layer.files.items():
            before = self.files.get(path)
            if before is not None and FileKind.FOLDER not in (before.kind, file.kind):
                self._bury(path, number)
            self.files[path] = file._replace(layer=number)
        for path, target in layer.hard.items():
            self._share(path, target)
        self.buried += [file._replace(layer=number, hidden_in=number) for file in layer.twice]

    def _bury(self, path: str, number: int) -> None:
        file = self.files.pop(path)
        if file.kind is not FileKind.FOLDER:
            self.buried.append(file._replace(hidden_in=number))

    def _gone(self, layer: Changes) -> Iterator[str]:
        """The paths below that do not show through this layer."""
        replaced = {
            path
            for path, file in layer.files.items()
            if file.kind is not FileKind.FOLDER
            and path in self.files
            and self.files[path].kind is FileKind.FOLDER
        }
        cleared = layer.deleted | layer.emptied | replaced
        if not cleared:
            return
        hides = {"": False, "/": "/" in layer.emptied}
        for path in self.files:
            if path in layer.deleted or path in replaced or _inside(path, cleared, hides):
                yield path

    def _share(self, path: str, target: str) -> None:
        """A hard link is the file it leads to, under another name."""
        shared = self.files.get(target)
        if shared is not None:
            self.files[path] = shared._replace(path=path, layer=self.files[path].layer)


def _inside(path: str, cleared: set[str], hides: dict[str, bool]) -> bool:
    """Whether a folder above the path was cleared; `hides` remembers the answer for folders."""
    folder = posixpath.dirname(path)
    unknown = []
    while folder not in hides:
        unknown.append(folder)
        folder = posixpath.dirname(folder)
    answer = hides[folder]
    for folder in reversed(unknown):
        answer = answer or folder in cleared
        hides[folder] = answer
    return answer and path != "/"
