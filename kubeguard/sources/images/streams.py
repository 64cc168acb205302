"""Bytes that pass by once: decompressed, counted and hashed on the way, never held."""

from __future__ import annotations

import hashlib
import zlib
from typing import IO, BinaryIO, Protocol, cast

from kubeguard.errors import SourceError
from kubeguard.sources.images.budget import ImageBudget, TooLargeError

CHUNK = 256 * 1024
_MAGIC = {
    b"\x1f\x8b\x08": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"BZh": "bzip2",
    b"\xfd7zXZ\0": "xz",
}
_WINDOW = 64 * 1024 * 1024
"""What zstd may look back, in memory; encoders use 8 MiB unless told otherwise."""
HEAD = 6
"""Bytes by which a compression is known."""


class Readable(Protocol):
    """At most `size` bytes, fewer when it likes, none at the end."""

    def read(self, size: int, /) -> bytes: ...


class Limited:
    """The next `size` bytes of a stream, and no more."""

    def __init__(self, inner: Readable, size: int) -> None:
        self.inner = inner
        self.left = size

    def read(self, size: int) -> bytes:
        data = self.inner.read(min(size, self.left)) if self.left else b""
        self.left -= len(data)
        return data


class Hashed:
    """A stream that knows the digest and the size of what has passed."""

    def __init__(self, inner: Readable) -> None:
        self.inner = inner
        self.size = 0
        self._hash = hashlib.sha256()

    @property
    def digest(self) -> str:
        return f"sha256:{self._hash.hexdigest()}"

    def read(self, size: int) -> bytes:
        data = self.inner.read(size)
        self.size += len(data)
        self._hash.update(data)
        return data


class Metered:
    """A stream that stops a bomb; `spent` is what earlier streams of the image came to."""

    def __init__(self, inner: Readable, packed: Hashed, spent: int, budget: ImageBudget) -> None:
        self.inner = inner
        self.packed = packed
        self.size = 0
        self.spent = spent
        self.budget = budget

    def read(self, size: int) -> bytes:
        data = self.inner.read(size)
        self.size += len(data)
        budget = self.budget
        if self.spent + self.size > budget.unpacked:
            raise TooLargeError(f"more than {budget.unpacked:,} bytes when unpacked")
        if self.size > budget.ratio_from and self.size > budget.ratio * self.packed.size:
            raise TooLargeError(f"unpacks to more than {budget.ratio} times its size")
        return data


def packer(head: bytes) -> str:
    """The program that packed what begins like this; '' when none did."""
    return next((name for magic, name in _MAGIC.items() if head.startswith(magic)), "")


def unpacked(packed: Readable) -> Readable:
    """The stream decompressed, whatever its media type says. Raises SourceError."""
    head = b""
    while len(head) < HEAD and (more := packed.read(HEAD - len(head))):
        head += more
    source = Refilled(head, packed)
    match packer(head):
        case "":
            return source
        case "gzip":
            return _Gunzip(source)
        case "zstd":
            return _Unzstd(source)
        case other:
            raise SourceError(f"compressed with {other}: only gzip and zstd are read")


class PassingLayer:
    """A layer as it passes by: `stream` has it unpacked, and once drained the digests are known."""

    def __init__(self, file: Readable, spent: int, budget: ImageBudget) -> None:
        self._packed = Hashed(file)
        content = unpacked(self._packed)
        self._is_packed = not isinstance(content, Refilled)
        metered = Metered(content, self._packed, spent, budget)
        # What is not packed would have the same digest twice, at the cost of reading it twice.
        self._plain = Hashed(metered) if self._is_packed else self._packed
        self.stream = Cursor(self._plain if self._is_packed else metered)

    @property
    def size(self) -> int:
        """Unpacked."""
        return self._plain.size

    @property
    def digests(self) -> tuple[str, str]:
        """Packed and unpacked."""
        return self._packed.digest, self._plain.digest


class Refilled:
    """A stream with what was looked at put back in front of it."""

    def __init__(self, head: bytes, inner: Readable) -> None:
        self.head = head
        self.inner = inner

    def read(self, size: int) -> bytes:
        if not self.head:
            return self.inner.read(size)
        data, self.head = self.head[:size], self.head[size:]
        return data


class _Gunzip:
    """gzip with any number of members, which eStargz layers have, and zeros behind them."""

    def __init__(self, inner: Readable) -> None:
        self.inner = inner
        self.packed = b""
        self.member = zlib.decompressobj(wbits=31)

    def read(self, size: int) -> bytes:
        while True:
            if self.member.eof and not self._next_member():
                return b""
            packed = self.packed or self.inner.read(CHUNK // 4)
            try:
                data = self.member.decompress(packed, size)
            except zlib.error as error:
                raise SourceError("damaged gzip data") from error
            self.packed = self.member.unconsumed_tail
            if data:
                return data
            if not packed and not self.member.eof:
                raise SourceError("gzip data that ends in the middle")

    def _next_member(self) -> bool:
        rest = self.member.unused_data.lstrip(b"\0")
        while not rest and (more := self.inner.read(CHUNK // 4)):
            rest = more.lstrip(b"\0")
        self.member = zlib.decompressobj(wbits=31)
        self.packed = rest
        return bool(rest)


class _Unzstd:
    """zstd with any number of frames."""

    def __init__(self, inner: Readable) -> None:
        import zstandard

        self.error = zstandard.ZstdError
        engine = zstandard.ZstdDecompressor(max_window_size=_WINDOW)
        self.reader = engine.stream_reader(
            cast(IO[bytes], inner), read_size=CHUNK // 4, read_across_frames=True
        )

    def read(self, size: int) -> bytes:
        try:
            return self.reader.read(size)
        except self.error as error:
            raise SourceError("damaged zstd data") from error


class Cursor:
    """A stream with a position, from which whole pieces are taken or skipped."""

    def __init__(self, source: Readable) -> None:
        self.source = source
        self.offset = 0
        self._held = b""
        self._at = 0

    def take(self, size: int) -> bytes:
        """The next `size` bytes, fewer only at the end."""
        end = self._at + size
        if end <= len(self._held):
            data = self._held[self._at : end]
            self._at = end
        else:
            data = self._gather(size)
        self.offset += len(data)
        return data

    def skip(self, size: int) -> int:
        """Leave out `size` bytes, fewer only at the end; how many there were."""
        left = size - (len(self._held) - self._at)
        if left <= 0:
            self._at += size
            self.offset += size
            return size
        self._held, self._at = b"", 0
        left -= self._leap(left)
        while left > 0 and self._fill():
            left -= len(self._held)
        self._at = len(self._held) + min(left, 0)
        done = size - max(left, 0)
        self.offset += done
        return done

    def drain(self) -> None:
        """Read to the end, for the digests."""
        while self._fill():
            pass

    def _leap(self, _: int) -> int:
        """How many of the next bytes are left out without being read."""
        return 0

    def _gather(self, size: int) -> bytes:
        parts = [self._held[self._at :]]
        left = size - len(parts[0])
        while left > 0 and self._fill():
            parts.append(self._held[:left])
            left -= len(parts[-1])
            self._at = len(parts[-1])
        if left > 0:
            self._at = len(self._held)
        return b"".join(parts)

    def _fill(self) -> bool:
        self._held = self.source.read(CHUNK)
        self._at = 0
        return bool(self._held)


class FileCursor(Cursor):
    """A cursor in a file, which need not read what it leaves out."""

    def __init__(self, source: BinaryIO, size: int) -> None:
        super().__init__(source)
        self.file = source
        self.size = size

    def _leap(self, size: int) -> int:
        here = self.file.tell()
        leap = max(min(size, self.size - here), 0)
        self.file.seek(here + leap)
        return leap
