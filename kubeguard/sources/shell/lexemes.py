"""What a script is made of: words in fragments that know their place, and the calls they form."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from kubeguard.sources.mapped import Mapped, Piece

UNKNOWN = "${_}"
"""Stands in a nested script for what is not known."""
_BLANKS = re.compile(r"[ \t\n]+")
_JSON_ESCAPE = re.compile(r"\\(?:u[0-9a-fA-F]{4}|.)", re.DOTALL)


class Fragment(NamedTuple):
    """Part of a word: its text (None when unknown), its original place, and what it was.

    `splits` marks the value of an unquoted variable, which the shell cuts at blanks.
    """

    text: str | None
    start: int
    end: int
    splits: bool = False


class Lexeme(NamedTuple):
    """One word of a command; `value` is None when a part of it is not known."""

    fragments: tuple[Fragment, ...]
    start: int
    end: int
    value: str | None
    undeclared: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The value; unknown parts are left out."""
        return (
            self.value if self.value is not None else "".join(f.text or "" for f in self.fragments)
        )

    @property
    def pieces(self) -> list[Piece]:
        """The word as text that can be read as a script; the unknown in it stays one word."""
        return [
            Piece(UNKNOWN if text is None else text, start, end)
            for text, start, end, _ in self.fragments
        ]


def lexeme(
    fragments: Sequence[Fragment], start: int, end: int, undeclared: tuple[str, ...] = ()
) -> Lexeme:
    """A word from its fragments."""
    value = (
        None
        if any(fragment.text is None for fragment in fragments)
        else "".join([fragment.text or "" for fragment in fragments])
    )
    return Lexeme(tuple(fragments), start, end, value, undeclared)


def assigned_value(word: Lexeme) -> Lexeme:
    """The value of a word that says `NAME=value`."""
    first, *others = word.fragments
    _, equals, rest = (first.text or "").partition("=")
    if not equals:
        return word
    begin = Fragment(rest, first.end - len(rest), first.end)
    return lexeme((begin, *others), begin.start, word.end, word.undeclared)


def split(word: Lexeme) -> Iterator[Lexeme]:
    """The words that one word becomes when its unquoted variables are put in: none, one or more."""
    current: list[Fragment] = []
    begun = False
    for fragment in word.fragments:
        if not fragment.splits or fragment.text is None:
            current.append(fragment)
            begun = True
            continue
        parts = _BLANKS.split(fragment.text)
        for number, part in enumerate(parts):
            if number and begun:
                yield lexeme(current, word.start, word.end, word.undeclared)
                current, begun = [], False
            if part:
                current.append(fragment._replace(text=part))
                begun = True
    if begun:
        yield lexeme(current, word.start, word.end, word.undeclared)


def quoted(line: Mapped, start: int, end: int) -> Lexeme:
    """A JSON string at these offsets of a line, quotes included, as a word."""
    literal = line.text
    fragments: list[Fragment] = []
    at = start + 1
    for escape in _JSON_ESCAPE.finditer(literal, start + 1, end - 1):
        fragments.extend(Fragment(*piece) for piece in line.pieces(at, escape.start()))
        fragments.append(Fragment(_decode(escape[0]), *line.span(*escape.span())))
        at = escape.end()
    fragments.extend(Fragment(*piece) for piece in line.pieces(at, end - 1))
    return lexeme(fragments, *line.span(start, end))


def _decode(escape: str) -> str:
    """A lone surrogate becomes the replacement character, as in Go."""
    decoded: str = json.loads(f'"{escape}"')
    return "\ufffd" if "\ud800" <= decoded <= "\udfff" else decoded


class Input(NamedTuple):
    """A here-document that the caller has taken apart: its operator in the line, and its body."""

    start: int
    end: int
    body: Mapped


@dataclass(slots=True, eq=False)
class Call:
    """One simple command in offsets of the original text (see model.dockerfile.Command)."""

    start: int
    end: int
    words: Sequence[Lexeme]
    wrappers: Sequence[Lexeme] = ()
    assignments: Mapping[str, Lexeme] = field(default_factory=dict)
    piped_from: Call | None = None
    beside: Call | None = None
    inside: Call | None = None
    pipefail: bool = False

    @property
    def program(self) -> str:
        return self.words[0].text.rpartition("/")[2] if self.words else ""
