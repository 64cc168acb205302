"""What a word of a script says once quotes, escapes and known variables are resolved."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

from kubeguard.sources.expansion import ExpansionError, Lookup, resolve
from kubeguard.sources.mapped import Mapped
from kubeguard.sources.shell.lexemes import Fragment, Lexeme, lexeme

if TYPE_CHECKING:
    from tree_sitter import Node

_ESCAPE = re.compile(r"\\(\n|.)", re.DOTALL)
_ESCAPE_IN_STRING = re.compile(r'\\([\n"$`\\])')
_ESCAPE_IN_ANSI = re.compile(r"\\(x[0-9a-fA-F]{1,2}|[0-7]{1,3}|.)", re.DOTALL)
_ANSI = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "e": "\x1b", "f": "\f", "v": "\v"}
_PLAIN = {"word", "number", "variable_name", "extglob_pattern", "regex", "test_operator"}
_VARIABLES = {"simple_expansion", "expansion"}


class Words:
    """Reads words of one text; `lookup` knows the variables."""

    def __init__(self, text: Mapped, lookup: Lookup) -> None:
        self.text = text
        self.lookup = lookup

    def word(self, node: Node) -> Lexeme:
        """A node that is one word of a command."""
        start, end = node.start_byte, node.end_byte
        written = self.text.text[start:end]
        place = self.text.span(start, end)
        if node.type == "word" and "\\" not in written:
            return Lexeme((Fragment(written, *place),), *place, written)
        undeclared: dict[str, None] = {}
        fragments = list(self._fragments(node, undeclared))
        return lexeme(fragments, *place, tuple(undeclared))

    def _fragments(self, node: Node, undeclared: dict[str, None]) -> Iterator[Fragment]:
        kind, start, end = node.type, node.start_byte, node.end_byte
        if not node.is_named:
            yield from self._literal(start, end)
        elif kind in _PLAIN:
            yield from self._escaped(start, end, _ESCAPE, _unescaped)
        elif kind == "raw_string":
            yield from self._literal(start + 1, end - 1)
        elif kind == "ansi_c_string":
            yield from self._escaped(start + 2, end - 1, _ESCAPE_IN_ANSI, _ansi)
        elif kind in ("string", "translated_string"):
            yield from self._string(node, undeclared)
        elif kind in ("concatenation", "command_name", "variable_assignment"):
            yield from self._parts(node, undeclared)
        elif kind in _VARIABLES:
            yield from self._variable(node, undeclared, splits=True)
        else:
            yield Fragment(None, *self.text.span(start, end))

    def _literal(self, start: int, end: int) -> Iterator[Fragment]:
        """Text as it is; a continuation inside makes it several fragments."""
        for piece in self.text.pieces(start, end):
            yield Fragment(*piece)

    def _escaped(
        self, start: int, end: int, escape: re.Pattern[str], decode: Callable[[str], str]
    ) -> Iterator[Fragment]:
        """Literal text with escapes of one kind taken out."""
        text = self.text.text
        for found in escape.finditer(text, start, end):
            if found.start() > start:
                yield from self._literal(start, found.start())
            yield Fragment(decode(found[1]), *self.text.span(*found.span()))
            start = found.end()
        if end > start:
            yield from self._literal(start, end)

    def _string(self, node: Node, undeclared: dict[str, None]) -> Iterator[Fragment]:
        """A string in double quotes: what the grammar does not name in it is literal."""
        start = self._seek('"', node) + 1
        yield Fragment("", *self.text.span(start, start))
        for child in node.named_children:
            if child.type == "string_content":
                continue
            begin = child.start_byte
            if child.type in _VARIABLES:
                begin = self._seek("$", child)
            yield from self._escaped(start, begin, _ESCAPE_IN_STRING, _unescaped)
            if child.type in _VARIABLES:
                yield from self._variable(child, undeclared, splits=False)
            else:
                yield Fragment(None, *self.text.span(begin, child.end_byte))
            start = child.end_byte
        yield from self._escaped(start, node.end_byte - 1, _ESCAPE_IN_STRING, _unescaped)

    def _seek(self, sign: str, node: Node) -> int:
        """Where a node really begins: some take the blanks before them in."""
        found = self.text.text.find(sign, node.start_byte, node.end_byte)
        return max(found, node.start_byte)

    def _parts(self, node: Node, undeclared: dict[str, None]) -> Iterator[Fragment]:
        """Words written without a blank between them."""
        start = node.start_byte
        for child in node.children:
            if child.start_byte > start:
                yield from self._literal(start, child.start_byte)
            yield from self._fragments(child, undeclared)
            start = child.end_byte

    def _variable(
        self, node: Node, undeclared: dict[str, None], *, splits: bool
    ) -> Iterator[Fragment]:
        begin = self._seek("$", node)
        written = self.text.text[begin : node.end_byte]
        value = None
        if "`" not in written and "$(" not in written:
            try:
                value, names = resolve(written, self.lookup)
                undeclared.update(dict.fromkeys(names))
            except ExpansionError:
                value = None
        yield Fragment(value, *self.text.span(begin, node.end_byte), splits)


def _unescaped(char: str) -> str:
    return "" if char == "\n" else char


def _ansi(code: str) -> str:
    if code[0] == "x" and len(code) > 1:
        return chr(int(code[1:], 16))
    if code[0] in "01234567":
        return chr(int(code, 8) & 0xFF)
    return _ANSI.get(code, code)
