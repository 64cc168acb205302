"""JSON that loses nothing and still cannot speak to a terminal."""

import json
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

import orjson

from kubeguard.formats._printable import HIDDEN

T = TypeVar("T")
_CHUNK = 200
"""Items at a time: what is written then stays in the processor's cache, twice as fast."""


def dumps(document: object) -> str:
    r"""One line of JSON; hidden characters stand as `\u` escapes, so the data stay exact."""
    try:
        text = orjson.dumps(document).decode()
    except orjson.JSONEncodeError:
        # orjson refuses lone surrogates, which file names that are not UTF-8 become.
        text = json.dumps(document, separators=(",", ":"))
    if not text.isascii() or "\x7f" in text or "##" in text:
        return HIDDEN.sub(_escape, text)
    return text


def array(
    items: Sequence[T], encode: Callable[[T], object], before: str = "", after: str = ""
) -> Iterator[str]:
    """A JSON array of many items, between the beginning and the end of what it is a part of."""
    yield f"{before}["
    for start in range(0, len(items), _CHUNK):
        chunk = dumps([encode(item) for item in items[start : start + _CHUNK]])[1:-1]
        yield f",{chunk}" if start else chunk
    yield f"]{after}\n"


def _escape(match: re.Match[str]) -> str:
    units = match[0].encode("utf-16-be", "surrogatepass").hex()
    return "".join(f"\\u{units[index : index + 4]}" for index in range(0, len(units), 4))
