"""Which here-documents a statement opens, as BuildKit sees it: words that begin with `<<`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from kubeguard.sources.dockerfile.lexer import Body

_LIKELY = re.compile(r"<<-?[^<\s]")
_WORD = re.compile(
    r"""(?:[^\s'"\\$]|\\.|\\\Z|'[^']*+'|"(?:[^"\\]|\\.)*+"|\$\{[^}]*+\}|\$)++|(?P<open>['"])""",
    re.DOTALL,
)
_HEREDOC = re.compile(r"\d*<<(-?)([^<]+)", re.DOTALL)
_QUOTE = re.compile(r"""'([^']*+)'|"((?:[^"\\]|\\.)*+)"|\\(.)""", re.DOTALL)


class Opener(NamedTuple):
    """`<<NAME`, `<<-NAME` or `<<'NAME'` at these offsets of a line."""

    start: int
    end: int
    name: str
    chomp: bool
    quoted: bool


class Found(NamedTuple):
    """A here-document: where it is opened in the line, and where its body is in the file."""

    opener: Opener
    body: Body


def openers(line: str) -> Iterator[Opener]:
    """The here-documents of a line, none when its quotes do not match."""
    if not _LIKELY.search(line):
        return
    words = list(_WORD.finditer(line))
    if any(word["open"] for word in words):
        return
    for word in words:
        if found := _HEREDOC.fullmatch(word[0]):
            name = _QUOTE.sub(lambda m: m[1] or m[2] or m[3] or "", found[2])
            if name:
                yield Opener(*word.span(), name, bool(found[1]), name != found[2])
