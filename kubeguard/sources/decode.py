"""Bytes to text as YAML 1.2 section 5.2 detects it; what is no text is refused with its place."""

from __future__ import annotations

import codecs

from kubeguard.errors import SourceError
from kubeguard.model.lines import Lines
from kubeguard.sources.budget import BUDGET, Budget

_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def decode(data: bytes, budget: Budget = BUDGET) -> str:
    """The text without its byte-order mark. Raises SourceError for too much, NUL and bad bytes."""
    if len(data) > budget.bytes:
        raise SourceError(
            f"more than {budget.bytes:,} bytes, which is all that one input may have",
            hint="split the file",
        )
    encoding = _encoding(data)
    try:
        text = data.decode(encoding)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode(encoding, "replace")
        line, column = Lines(before).position(len(before))
        name = encoding.removesuffix("-sig").upper()
        raise SourceError(
            f"not {name} text: byte 0x{data[error.start]:02x} at offset {error.start}",
            line,
            column,
            hint="save the file as UTF-8",
        ) from error
    if "\0" in text:
        line, column = Lines(text).position(text.index("\0"))
        raise SourceError("binary data: a NUL character", line, column, hint="not text")
    return text


def is_binary(head: bytes) -> bool:
    """Whether a text that begins like this is refused for its NUL characters."""
    return b"\0" in head and _encoding(head).startswith("utf-8")


def _encoding(data: bytes) -> str:
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return encoding
    match [byte != 0 for byte in data[:4]]:
        case [False, False, False, True]:
            return "utf-32-be"
        case [True, False, False, False]:
            return "utf-32-le"
        case [False, True, *_]:
            return "utf-16-be"
        case [True, False, *_]:
            return "utf-16-le"
    return "utf-8"
