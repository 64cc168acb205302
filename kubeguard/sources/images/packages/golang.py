"""The modules that a Go program is linked of, as its linker wrote them into it."""

from __future__ import annotations

from collections.abc import Iterator

from kubeguard.model.package import Ecosystem, Listing, Package
from kubeguard.sources.images.streams import CHUNK, Cursor

_PROGRAMS = (b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xce\xfa\xed\xfe")
"""Linux, Windows, macOS."""
_MAGIC = b"\xff Go buildinf:"
_ALIGNMENT = 16
_HEADER = 32
_INLINE = 2
"""The flag of Go 1.18 and later: the strings follow, rather than pointers to them."""
_MOST = 4 * 1024 * 1024
_MOST_TRIES = 8
"""Programs that look for these bytes in others have them too."""
_SENTINEL = 16
"""Bytes in front of the list of modules, and behind it."""


def is_program(head: bytes) -> bool:
    """Whether a file that begins so may be a Go program."""
    return head.startswith(_PROGRAMS)


def modules(head: bytes, stream: Cursor, left: int) -> Listing | None:
    """What a program says that it is made of; None when it is no Go program.

    `head` is its beginning, `left` bytes of it are still in the stream.
    """
    data, start = head, 0  # the data begin at this byte of the file
    for _ in range(_MOST_TRIES):
        at = _find(data, start)
        while at < 0:
            more = stream.take(min(left, CHUNK))
            if not more:
                return None
            left -= len(more)
            kept = data[-len(_MAGIC) :]
            data, start = kept + more, start + len(data) - len(kept)
            at = _find(data, start)
        more = stream.take(min(left, _MOST))
        left -= len(more)
        if found := _listing(data[at:] + more):
            return found
        data, start = (data + more)[at + _ALIGNMENT :], start + at + _ALIGNMENT
    return None


def _find(data: bytes, start: int) -> int:
    """Where the magic bytes lie as a linker aligns them; -1 when they do not."""
    at = data.find(_MAGIC)
    while at >= 0 and (start + at) % _ALIGNMENT:
        at = data.find(_MAGIC, at + 1)
    return at


def _listing(data: bytes) -> Listing | None:
    if len(data) < _HEADER or data[14] not in (4, 8, 0):
        return None
    if not data[15] & _INLINE:
        return Listing(unread="a Go program of a release before 1.18")
    version, at = _string(data, _HEADER)
    listed, _ = _string(data, at)
    if not version.startswith(b"go"):
        return None
    text = listed[_SENTINEL:-_SENTINEL].decode("utf-8", "replace")
    standard = version[2:].split(b" ")[0].decode("utf-8", "replace")
    library = Package(Ecosystem.GO, "stdlib", f"v{standard}")
    return Listing((*_packages(text), library))


def _string(data: bytes, at: int) -> tuple[bytes, int]:
    """A string behind its length in seven bits per byte, and where the next one begins."""
    length = shift = 0
    while at < len(data) and shift < 35:
        byte = data[at]
        at += 1
        length |= (byte & 0x7F) << shift
        if byte < 0x80:
            return data[at : at + length], at + length
        shift += 7
    return b"", at


def _packages(text: str) -> Iterator[Package]:
    """Lines `mod` for the program, `dep` for each module; `=>` stands in for the one before."""
    found: list[Package] = []
    for line in text.splitlines():
        kind, *fields = line.split("\t")
        if kind not in ("mod", "dep", "=>") or len(fields) < 2:
            continue
        name, version = fields[0], fields[1] if fields[1] != "(devel)" else ""
        if kind == "=>" and found:
            found.pop()
        found.append(Package(Ecosystem.GO, name, version))
    yield from found
