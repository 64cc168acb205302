"""Tar archives as they stream by: ustar, PAX and GNU headers, links and sparse files.

As Go's archive/tar reads them, because that is what unpacks layers: links and folders have no
content whatever their size field says, global PAX headers change nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import NamedTuple

from kubeguard.errors import SourceError
from kubeguard.sources.images.budget import ImageBudget, TooLargeError
from kubeguard.sources.images.streams import Cursor

BLOCK = 512
_ZEROS = bytes(BLOCK)
_GNU = b"ustar  \0"


class TarType(Enum):
    """What a member is."""

    FILE = "file"
    FOLDER = "folder"
    SYMBOLIC = "symbolic link"
    HARD = "hard link"
    OTHER = "device, pipe or something unknown"


class Member(NamedTuple):
    """One member; `stored` bytes of content follow, which are fewer than `size` in a sparse file.

    Names are text as in the archive, with bytes that are no UTF-8 escaped.
    """

    name: str
    type: TarType
    mode: int
    uid: int
    gid: int
    size: int
    stored: int
    target: str = ""
    capabilities: bool = False
    """Whether it has file capabilities (setcap)."""


_TYPES = {
    **dict.fromkeys((b"0", b"\0", b"7", b"S"), TarType.FILE),
    b"1": TarType.HARD,
    b"2": TarType.SYMBOLIC,
    b"5": TarType.FOLDER,
}
_WITHOUT_CONTENT = frozenset((b"1", b"2", b"3", b"4", b"5", b"6"))
_CAPABILITY = b"SCHILY.xattr.security.capability"


def members(stream: Cursor, budget: ImageBudget) -> Iterator[Member]:
    """Every member in order; its content may be taken from the stream until the next is asked for.

    Raises SourceError for what no program would unpack.
    """
    more: dict[bytes, bytes] = {}
    while block := _block(stream):
        kind = block[156:157]
        size = _number(block[124:136], stream)
        if kind in (b"x", b"L", b"K", b"g"):
            payload = _payload(stream, size, budget)
            if kind == b"x":
                more |= _records(payload, stream)
            elif kind != b"g":
                more[b"path" if kind == b"L" else b"linkpath"] = payload.rstrip(b"\0")
            continue
        member = _member(block, kind, more, stream)
        more = {}
        if kind == b"S" and block[482]:
            _skip_sparse_map(stream)
        end = stream.offset + -(-member.stored // BLOCK) * BLOCK
        content_end = stream.offset + member.stored
        yield member
        stream.skip(end - stream.offset)
        if stream.offset < content_end:
            raise SourceError(f"a tar archive that ends inside {_quoted(member.name)}")


def _block(stream: Cursor) -> bytes:
    """The next header, b'' at the end of the archive."""
    block = stream.take(BLOCK)
    if not block:
        return b""
    if len(block) < BLOCK:
        raise SourceError("a tar archive that ends in the middle of a header")
    if block == _ZEROS:
        second = stream.take(BLOCK)
        if second.strip(b"\0"):
            raise SourceError("a tar archive with members behind its end")
        return b""
    unsigned = sum(block) - sum(block[148:156]) + 8 * 32
    written = _octal(block[148:156])
    if written != unsigned and written != unsigned - 256 * _high_bytes(block):
        raise SourceError(f"no tar header at byte {stream.offset - BLOCK:,}")
    return block


def _high_bytes(block: bytes) -> int:
    """How many bytes old programs took for negative when they summed a header up."""
    return sum(byte > 127 for byte in block[:148] + block[156:])


def _member(block: bytes, kind: bytes, more: dict[bytes, bytes], stream: Cursor) -> Member:
    name = more.get(b"GNU.sparse.name") or more.get(b"path") or _name(block)
    stored = _decimal(more.get(b"size"), stream)
    if kind in _WITHOUT_CONTENT:
        stored = 0
    elif stored is None:
        stored = _number(block[124:136], stream)
    real = _decimal(more.get(b"GNU.sparse.realsize") or more.get(b"GNU.sparse.size"), stream)
    if kind == b"S":
        real = _number(block[483:495], stream)
    uid, gid = _decimal(more.get(b"uid"), stream), _decimal(more.get(b"gid"), stream)
    what = _TYPES.get(kind, TarType.OTHER)
    if kind == b"\0" and name.endswith(b"/"):
        what, stored = TarType.FOLDER, 0
    return Member(
        name=_text(name),
        type=what,
        mode=_number(block[100:108], stream) & 0o7777,
        uid=_number(block[108:116], stream) if uid is None else uid,
        gid=_number(block[116:124], stream) if gid is None else gid,
        size=stored if real is None else real,
        stored=stored,
        target=_text(more.get(b"linkpath") or _string(block[157:257])),
        capabilities=_CAPABILITY in more,
    )


def _name(block: bytes) -> bytes:
    name = _string(block[:100])
    if block[257:262] == b"ustar" and block[257:265] != _GNU:
        prefix = _string(block[345:500])
        return prefix + b"/" + name if prefix else name
    return name


def _payload(stream: Cursor, size: int, budget: ImageBudget) -> bytes:
    if size > budget.header:
        raise TooLargeError(f"a tar header of {size:,} bytes")
    data = stream.take(size)
    if len(data) < size:
        raise SourceError("a tar archive that ends in the middle of a header")
    stream.skip(-size % BLOCK)
    return data


def _records(payload: bytes, stream: Cursor) -> dict[bytes, bytes]:
    """The records of a PAX header: `27 path=some/long/name\\n`."""
    found: dict[bytes, bytes] = {}
    at = 0
    while at < len(payload) and payload[at]:
        blank = payload.find(b" ", at, at + 20)
        length = payload[at:blank]
        end = at + int(length) if blank > 0 and length.isdigit() else 0
        key, equals, value = payload[blank + 1 : end - 1].partition(b"=")
        if not (blank < end <= len(payload) and equals and payload[end - 1 : end] == b"\n"):
            raise SourceError(f"a damaged PAX header before byte {stream.offset:,}")
        found[key] = value
        at = end
    return found


def _skip_sparse_map(stream: Cursor) -> None:
    """The blocks in which an old GNU header goes on to say where the holes are."""
    while True:
        block = stream.take(BLOCK)
        if len(block) < BLOCK:
            raise SourceError("a tar archive that ends in the middle of a header")
        if not block[504]:
            return


def _number(field: bytes, stream: Cursor) -> int:
    """Octal digits, or a binary number as GNU writes what does not fit."""
    if field[0] & 0x80:
        value = int.from_bytes(bytes([field[0] & 0x7F]) + field[1:], "big")
        if field[0] == 0x80:
            return value
    elif (octal := _octal(field)) is not None:
        return octal
    raise SourceError(f"no tar header at byte {stream.offset - BLOCK:,}")


def _octal(field: bytes) -> int | None:
    digits = field.split(b"\0", 1)[0].strip(b" ")
    if not digits:
        return 0
    return int(digits, 8) if digits.isdigit() and not set(digits) & set(b"89") else None


def _decimal(field: bytes | None, stream: Cursor) -> int | None:
    if field is None:
        return None
    if field.isdigit() and len(field) < 20:
        return int(field)
    raise SourceError(f"a damaged PAX header before byte {stream.offset:,}")


def _string(field: bytes) -> bytes:
    return field.split(b"\0", 1)[0]


def _text(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")


def _quoted(name: str) -> str:
    return repr(name if len(name) <= 80 else f"{name[:77]}...")
