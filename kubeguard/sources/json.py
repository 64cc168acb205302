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


class _Reader:
    """Reads one value without recursion, so that depth is a budget and not a crash."""

    def __init__(self, text: str, budget: Budget, tally: Tally) -> None:
        self.text = text
        self.budget = budget
        self.tally = tally
        self.nodes = 0

    def value(self, position: int) -> tuple[object, Spot, list[Any], int]:
        """Value, spots, duplicate keys and the offset behind it. Raises PlaceError."""
        text = self.text
        self.duplicates: list[tuple[tuple[str | int, ...], Mark, Mark]] = []
        outer: list[tuple[Any, Any, str, int, int, int]] = []
        values: Any = []
        spots: Any = []
        key, key_start, key_end, opened = "", position, position, position
        while True:
            char = text[position : position + 1]
            start = position
            if char in ("{", "["):
                if len(outer) >= self.budget.depth:
                    message = f"nested deeper than {self.budget.depth} levels"
                    raise PlaceError(message, position, over_budget=True)
                outer.append((values, spots, key, key_start, key_end, opened))
                values, spots, opened = ({}, {}, start) if char == "{" else ([], [], start)
                position = _space(text, position + 1)
                if text[position : position + 1] != ("}" if char == "{" else "]"):
                    if char == "{":
                        key, key_start, key_end, position = self._key(
                            values, spots, outer, position
                        )
                    else:
                        key_start = key_end = position
                    continue
                done: Any = _OPEN
            else:
                done, position = self._scalar(start)
                self._put(values, spots, key, done, packed(key_start, key_end, start, position))
            # Something is complete: go on behind the comma, or close what ends here.
            while True:
                if done is not _OPEN:
                    if not outer:
                        return values[0], spots[0], self.duplicates, position
                    position = _space(text, position)
                    char = text[position : position + 1]
                    if char == ",":
                        position = _space(text, position + 1)
                        if isinstance(values, dict):
                            key, key_start, key_end, position = self._key(
                                values, spots, outer, position
                            )
                        else:
                            key_start = key_end = position
                        break
                    wanted = "}" if isinstance(values, dict) else "]"
                    if char != wanted:
                        raise PlaceError(f"expected ',' or '{wanted}'", position)
                position += 1
                done, below, start = values, spots, opened
                values, spots, key, key_start, key_end, opened = outer.pop()
                self._put(
                    values, spots, key, done, Spot(key_start, key_end, start, position, below)
                )

    def _put(self, values: Any, spots: Any, key: str, value: object, entry: Entry) -> None:
        self.nodes += 1
        if self.nodes > self.budget.nodes:
            message = f"more than {self.budget.nodes:,} nodes"
            raise PlaceError(message, unpacked(entry).start, over_budget=True)
        if isinstance(values, dict):
            values[key] = value
            spots[key] = entry
        else:
            values.append(value)
            spots.append(entry)

    def _key(
        self, values: Any, spots: Any, outer: list[Any], start: int
    ) -> tuple[str, int, int, int]:
        if self.text[start : start + 1] != '"':
            raise PlaceError("expected a key in double quotes", start)
        key, end = self._string(start)
        colon = _space(self.text, end)
        if self.text[colon : colon + 1] != ":":
            raise PlaceError("expected ':' after the key", colon)
        if key in values and self.tally.admits(TroubleKind.DUPLICATE_KEY, start):
            first = unpacked(spots[key])
            above = tuple(
                frame[2] if isinstance(frame[0], dict) else len(frame[0]) for frame in outer[1:]
            )
            self.duplicates.append(
                (
                    (*above, key),
                    Mark(key, first.key_start, first.key_end),
                    Mark(key, start, end),
                )
            )
        return key, start, end, _space(self.text, colon + 1)

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


_OPEN = object()
