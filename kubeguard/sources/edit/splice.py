"""Replacements of characters that leave everything between them as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from kubeguard.errors import KubeguardError


class EditError(KubeguardError):
    """Edits that cannot be written without changing, or losing, something else."""


class Replacement(NamedTuple):
    """The characters from `start` to `end` become `text`; an empty range is an insertion."""

    start: int
    end: int
    text: str


def ordered(replacements: Iterable[Replacement]) -> tuple[Replacement, ...]:
    """In the order of the text; insertions at one place as given. Raises EditError on overlap."""
    found = tuple(sorted(replacements, key=lambda one: (one.start, one.end)))
    for first, second in pairwise(found):
        if second.start < first.end:
            raise EditError("two edits change the same characters")
        if second.start == first.start == second.end and second.text[:1] not in (*", \t\r\n", ""):
            raise EditError("two edits write to the same place")
    return found


def splice(text: str, replacements: Iterable[Replacement]) -> str:
    """The text with ordered replacements carried out."""
    pieces: list[str] = []
    done = 0
    for start, end, new in replacements:
        pieces += (text[done:start], new)
        done = end
    return "".join(pieces) + text[done:]


_BREAK = re.compile(r"\r\n|\r|\n")
_LINE_REST = re.compile(r"[^\r\n]*")


def line_break(text: str) -> str:
    """How this text ends its lines."""
    found = _BREAK.search(text)
    return found[0] if found else "\n"


def line_start(text: str, offset: int) -> int:
    """Where the line of an offset begins."""
    start = text.rfind("\n", 0, offset) + 1
    return max(start, text.rfind("\r", start, offset) + 1)


def line_end(text: str, offset: int) -> int:
    """Where the line of an offset ends, before its break."""
    found = _LINE_REST.match(text, offset)
    return found.end() if found else len(text)


def without_lines(text: str, start: int, end: int) -> Replacement:
    """Take out the lines from `start` to `end` with one break: the one before, if there is one."""
    first, last = line_start(text, start), line_end(text, end)
    if first:
        return Replacement(first - (2 if text[first - 2 : first] == "\r\n" else 1), last, "")
    following = _BREAK.match(text, last)
    return Replacement(0, following.end() if following else last, "")
