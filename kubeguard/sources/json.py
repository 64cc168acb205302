"""JSON, also several values in one file, with the place of every key and value."""

from __future__ import annotations

import re
from json import JSONDecodeError
from json.decoder import scanstring  # type: ignore[attr-defined]
from typing import Any

from kubeguard.model.lines import Lines
from kubeguard.model.node import Node, Source
from kubeguard.model.trouble import Trouble, TroubleKind
from kubeguard.sources.budget import BUDGET, Budget, Tally
from kubeguard.sources.places import Entry, Spot, TextPlaces, packed, unpacked
from kubeguard.sources.yaml.builder import Mark, PlaceError
from kubeguard.sources.yaml.reader import Document, duplicate_trouble, place_trouble, unlisted

_SPACE = re.compile(r"[ \t\r\n]*")
_PLAIN_STRING = re.compile(r'"([^"\\\x00-\x1f]*)"')
_LITERAL = re.compile(
    r"(?P<word>true|false|null)|(?P<number>-?(?:0|[1-9][0-9]*)(?P<float>\.[0-9]+)?(?P<power>[eE][-+]?[0-9]+)?)"
)
_WORDS: dict[str, object] = {"true": True, "false": False, "null": None}
_MAX_DIGITS = 400


def read(name: str, text: str, budget: Budget = BUDGET) -> tuple[list[Document], list[Trouble]]:
    """The values of a JSON text one after the other; what follows a broken one is not read."""
    lines = Lines(text)
    tally = Tally(budget)
    reader = _Reader(text, budget, tally)
    documents: list[Document] = []
    position = _space(text, 0)
    while position < len(text):
        number = len(documents)
        try:
            if number >= budget.documents:
                message = f"more than {budget.documents:,} values in one file"
                raise PlaceError(message, position, over_budget=True)
            value, root, duplicates, position = reader.value(position)
        except PlaceError as error:
            mark = Mark(error.message, error.offset, error.offset)
            return documents, [place_trouble(name, lines, number, mark, error.kind)]
        source = Source(name, text, TextPlaces(lines, root), number)
        troubles = [duplicate_trouble(source, lines, *found) for found in duplicates]
        documents.append(Document(Node(value, source), tuple(troubles)))
        position = _space(text, position)
    if documents and (rest := unlisted(name, lines, tally)):
        documents[-1] = documents[-1]._replace(troubles=(*documents[-1].troubles, rest))
    return documents, []


def _space(text: str, position: int) -> int:
    found = _SPACE.match(text, position)
    return found.end() if found else position


class _Frame:
    """An object or list that is still open, and the key that waits for its value."""

    __slots__ = ("key", "key_end", "key_start", "spots", "start", "values")

    def __init__(self, values: Any, spots: Any, start: int) -> None:
        self.values = values
        self.spots = spots
        self.start = start
        self.key = ""
        self.key_start = self.key_end = start

    @property
    def closing(self) -> str:
        return "}" if type(self.values) is dict else "]"


class _Reader:
    """Reads one value without recursion, so that depth is a budget and not a crash."""

    def __init__(self, text: str, budget: Budget, tally: Tally) -> None:
        self.text = text
        self.budget = budget
        self.tally = tally
        self.nodes = 0

    def value(self, position: int) -> tuple[object, Entry, list[Any], int]:
        """Value, spots, duplicate keys and the offset behind it. Raises PlaceError."""
        self.duplicates: list[tuple[tuple[str | int, ...], Mark, Mark]] = []
        top = _Frame([], [], position)
        self.stack = [top]
        while True:
            position, complete = self._begin(position)
            while complete:
                if len(self.stack) == 1:
                    return top.values[0], top.spots[0], self.duplicates, position
                position, complete = self._behind(position)

    def _begin(self, start: int) -> tuple[int, bool]:
        """Read what begins here; whether it is complete, or its first entry comes next."""
        char = self.text[start : start + 1]
        frame = self.stack[-1]
        if char not in ("{", "["):
            value, end = self._scalar(start)
            self._put(value, packed(frame.key_start, frame.key_end, start, end))
            return end, True
        if len(self.stack) > self.budget.depth:
            message = f"nested deeper than {self.budget.depth} levels"
            raise PlaceError(message, start, over_budget=True)
        opened = _Frame({}, {}, start) if char == "{" else _Frame([], [], start)
        self.stack.append(opened)
        position = _space(self.text, start + 1)
        if self.text[position : position + 1] == opened.closing:
            return self._close(position), True
        return self._entry(position), False

    def _behind(self, position: int) -> tuple[int, bool]:
        """What follows an entry: a comma and the next one, or the end of what holds them."""
        position = _space(self.text, position)
        char = self.text[position : position + 1]
        if char == ",":
            return self._entry(_space(self.text, position + 1)), False
        closing = self.stack[-1].closing
        if char != closing:
            raise PlaceError(f"expected ',' or '{closing}'", position)
        return self._close(position), True

    def _close(self, position: int) -> int:
        done = self.stack.pop()
        above, end = self.stack[-1], position + 1
        spot = Spot(above.key_start, above.key_end, done.start, end, done.spots)
        self._put(done.values, spot)
        return end

    def _put(self, value: object, entry: Entry) -> None:
        self.nodes += 1
        if self.nodes > self.budget.nodes:
            message = f"more than {self.budget.nodes:,} nodes"
            raise PlaceError(message, unpacked(entry).start, over_budget=True)
        frame = self.stack[-1]
        if type(frame.values) is dict:
            frame.values[frame.key] = value
            frame.spots[frame.key] = entry
        else:
            frame.values.append(value)
            frame.spots.append(entry)

    def _entry(self, start: int) -> int:
        """The offset of the value of the entry that begins here, behind its key if it has one."""
        frame = self.stack[-1]
        frame.key_start = frame.key_end = start
        if type(frame.values) is not dict:
            return start
        if self.text[start : start + 1] != '"':
            raise PlaceError("expected a key in double quotes", start)
        frame.key, frame.key_end = self._string(start)
        colon = _space(self.text, frame.key_end)
        if self.text[colon : colon + 1] != ":":
            raise PlaceError("expected ':' after the key", colon)
        if frame.key in frame.values and self.tally.admits(TroubleKind.DUPLICATE_KEY, start):
            self._duplicate(frame)
        return _space(self.text, colon + 1)

    def _duplicate(self, frame: _Frame) -> None:
        first = unpacked(frame.spots[frame.key])
        path = tuple(
            above.key if type(above.values) is dict else len(above.values)
            for above in self.stack[1:]
        )
        marks = (
            Mark(frame.key, first.key_start, first.key_end),
            Mark(frame.key, frame.key_start, frame.key_end),
        )
        self.duplicates.append((path, *marks))

    def _string(self, start: int) -> tuple[str, int]:
        if plain := _PLAIN_STRING.match(self.text, start):
            return plain[1], plain.end()
        try:
            text, end = scanstring(self.text, start + 1, True)
        except JSONDecodeError as error:
            message = error.msg.lower().removesuffix(" at").removesuffix(" starting")
            raise PlaceError(message, error.pos) from None
        return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace"), end

    def _scalar(self, start: int) -> tuple[object, int]:
        if self.text[start : start + 1] == '"':
            return self._string(start)
        found = _LITERAL.match(self.text, start)
        if found is None:
            what = repr(self.text[start]) if start < len(self.text) else "the end of the file"
            raise PlaceError(f"expected a value, found {what}", start)
        if found["word"]:
            return _WORDS[found["word"]], found.end()
        digits = found["number"]
        if found["float"] or found["power"] or len(digits) > _MAX_DIGITS:
            value = float(digits)
            return (int(value) if value.is_integer() and abs(value) < 2**63 else value), found.end()
        return int(digits), found.end()
