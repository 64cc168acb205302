"""Syntax trees of shell text at a bounded cost: hostile text makes the parser quadratic."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_SIZES = (16_384, 8192, 2048)
"""Characters that are parsed in one go, then in parts, then in parts of those; no RUN that a person
writes is longer than the first."""
_BLOCK = 512
_AMBIGUOUS = {"|": 500, "`": 100, "<": 500, ">": 500}
"""More of these make the parser try everything at once: cubic time, and gigabytes."""
_NON_ASCII = re.compile(r"[^\x00-\x7f]")
_BOUNDARY = re.compile(r"&&|\|\||[;\n]")


class Tree(NamedTuple):
    """The syntax tree of `text[start:end]`, whose offsets count from `start`."""

    start: int
    end: int
    root: Node


def trees(text: str) -> Iterator[Tree]:
    """One tree, or one for each part of a script that is too long or too broken for one.

    Offsets in bytes are offsets in characters: letters beyond ASCII are replaced first.
    """
    return _trees(_NON_ASCII.sub("x", text), 0, 0)


def _trees(text: str, offset: int, level: int) -> Iterator[Tree]:
    last = level == len(_SIZES) - 1
    root = _parse(text, limited=not last) if last or _affordable(text, _SIZES[level]) else None
    if root is not None:
        yield Tree(offset, offset + len(text), root)
        return
    for start, end in _parts(text, _SIZES[level + 1]):
        yield from _trees(text[start:end], offset + start, level + 1)


def _affordable(text: str, size: int) -> bool:
    return len(text) <= size and all(text.count(c) <= most for c, most in _AMBIGUOUS.items())


def _parse(text: str, *, limited: bool) -> Node | None:
    """The root; None when the parser runs back and forth over the text again and again."""
    data = text.encode()
    reads = len(data) // 32 + 64

    def read(offset: int, _: object) -> bytes:
        nonlocal reads
        reads -= 1
        return b"" if limited and reads < 0 else data[offset : offset + _BLOCK]

    root = _parser().parse(read).root_node
    return None if limited and reads < 0 else root


def _parts(text: str, size: int) -> Iterator[tuple[int, int]]:
    """Cut between commands, or anywhere if there is no such place for long."""
    start = 0
    while start < len(text):
        boundary = _BOUNDARY.search(text, start + size // 2, start + size)
        end = boundary.end() if boundary else min(start + size, len(text))
        yield start, end
        start = end


@cache
def _parser() -> Parser:
    """Loaded only when there is shell to read: the import costs 20 ms."""
    import tree_sitter_bash
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_bash.language()))
