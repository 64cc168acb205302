"""From lines to statements: directives, continuations, comments and here-documents."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator
from functools import cached_property
from typing import NamedTuple

from kubeguard.sources.mapped import Mapped, Piece

SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(
    map(chr, range(0x2000, 0x200B))
)
"""What Go's unicode.IsSpace is true for; Python's own `strip` knows four more."""

_DIRECTIVE = re.compile(r"#\s*([a-zA-Z][a-zA-Z0-9]*)\s*=\s*(.+)")
_DIRECTIVES = {"syntax", "escape", "check"}
_KEYWORD_LINE = re.compile(
    r"^(?:FROM|RUN|CMD|LABEL|EXPOSE|ENV|ADD|COPY|ENTRYPOINT|VOLUME|USER|WORKDIR|ARG|ONBUILD"
    r"|STOPSIGNAL|HEALTHCHECK|SHELL)[ \t]",
    re.MULTILINE,
)


class Statement(NamedTuple):
    """One instruction's lines joined into one, and the offsets of its first and last character."""

    line: Mapped
    start: int
    end: int


class Mark(NamedTuple):
    """Something wrong at these offsets."""

    message: str
    start: int
    end: int


class Body(NamedTuple):
    """The body of a here-document; `finish` is where the line that ends it ends."""

    start: int
    end: int
    finish: int
    terminated: bool


class Lexer:
    """Walks over the physical lines; the grammar asks for here-documents when it sees them."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.escape = "\\"
        self.marks: list[Mark] = []
        self._lines = text.split("\n")
        self._number = 0
        self._offset = 0

    def statements(self) -> Iterator[Statement]:
        """Each statement in order; comments and blank lines between them are passed over."""
        if self.text.startswith("\ufeff"):
            self._lines[0] = self._lines[0][1:]
            self._offset = 1
        self._directives()
        while self._number < len(self._lines):
            start = self._offset
            line = self._next()
            stripped = line.lstrip(SPACE)
            if not stripped or stripped[0] == "#":
                continue
            start += len(line) - len(stripped)
            yield self._statement(stripped, start)

    def _next(self) -> str:
        line = self._lines[self._number]
        self._number += 1
        self._offset += len(line) + 1
        return line.rstrip("\r")

    def _directives(self) -> None:
        """`# escape=` and its like count only in the unbroken run of comments at the very top."""
        seen = set()
        while self._number < len(self._lines):
            line = self._lines[self._number].strip(SPACE)
            found = _DIRECTIVE.match(line)
            if found is None:
                return
            name, value = found[1].lower(), found[2]
            if name not in _DIRECTIVES:
                return
            start, end = self._offset, self._offset + len(line)
            if name in seen:
                self.marks.append(Mark(f"only one {name} directive can be used", start, end))
            elif name == "escape":
                if value in ("\\", "`"):
                    self.escape = value
                else:
                    message = f"the escape character {value[:20]!r} is neither \\ nor `"
                    self.marks.append(Mark(message, start, end))
            seen.add(name)
            self._next()

    def _statement(self, first: str, start: int) -> Statement:
        """Join lines as long as they end in the escape character."""
        pieces = []
        line, offset = first, start
        while True:
            body, goes_on = self._continued(line)
            if body:
                pieces.append(Piece(body, offset, offset + len(body)))
            if not goes_on:
                break
            following = self._continuation()
            if following is None:
                break
            line, offset = following
        if not pieces:
            pieces.append(Piece("", start, start))
        return Statement(Mapped(pieces), start, pieces[-1].end)

    def _continued(self, line: str) -> tuple[str, bool]:
        """The line without the escape character that ends it, and whether there was one."""
        escape = self.escape
        body = line.rstrip(" \t")
        if body.endswith(escape) and body[-2:-1] != escape:
            return body[:-1], True
        return line, False

    def _continuation(self) -> tuple[str, int] | None:
        """The next line that is neither blank nor a comment, and its offset."""
        while self._number < len(self._lines):
            offset = self._offset
            line = self._next()
            stripped = line.lstrip(SPACE)
            if stripped and stripped[0] != "#":
                return line, offset
        return None

    def heredoc(self, name: str, chomp: bool) -> Body:
        """Step over a here-document.

        Without its terminator BuildKit refuses the file; reading goes on at what looks like an
        instruction.
        """
        start = min(self._offset, len(self.text))
        last = self.terminator(name, chomp)
        if last is not None:
            while self._number < last:
                self._next()
            end = self._offset
            return Body(start, end, end + len(self._next()), True)
        ahead = _KEYWORD_LINE.search(self.text, start)
        end = ahead.start() if ahead else len(self.text)
        while self._number < len(self._lines) and self._offset < end:
            self._next()
        return Body(start, end, end, False)

    def terminator(self, name: str, chomp: bool) -> int | None:
        """The number of the line that would end a here-document opened here."""
        known = self._terminators[chomp].get(name, ())
        at = bisect_left(known, self._number)
        return known[at] if at < len(known) else None

    @cached_property
    def _terminators(self) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
        """Line numbers by content, as written and without leading tabs: one pass for the file."""
        exact, chomped = defaultdict(list), defaultdict(list)
        for number, line in enumerate(self._lines):
            line = line.rstrip("\r")
            exact[line].append(number)
            chomped[line.lstrip("\t")].append(number)
        return exact, chomped
