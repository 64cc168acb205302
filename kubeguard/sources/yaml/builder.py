"""From libyaml's events to values and spots: merge keys, duplicates, tags and budgets."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Any, NamedTuple

from yaml.events import (
    AliasEvent,
    DocumentEndEvent,
    DocumentStartEvent,
    MappingEndEvent,
    MappingStartEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
    StreamEndEvent,
)

from kubeguard.errors import SourceError
from kubeguard.sources.budget import Budget
from kubeguard.sources.places import Spot, packed, unpacked
from kubeguard.sources.yaml import scalars


class Mark(NamedTuple):
    """Something to report besides the values: what, and the character offsets of where."""

    what: str
    start: int
    end: int


class Built(NamedTuple):
    """One document: its value, the spots that mirror it, and what was odd about it."""

    value: object
    root: Spot
    duplicates: tuple[tuple[tuple[str | int, ...], Mark, Mark], ...]
    """Path, first and second place of every key that is given twice; the last one counts."""
    tags: tuple[Mark, ...]


class PlaceError(SourceError):
    """A document that cannot be built, with the character offset of the reason."""

    def __init__(self, message: str, offset: int, *, over_budget: bool = False) -> None:
        super().__init__(message)
        self.offset = offset
        self.over_budget = over_budget


class _Frame:
    """A mapping or list that is still open, and the key that waits for its value."""

    __slots__ = ("anchor", "key", "key_end", "key_start", "spots", "start", "values", "weight")

    def __init__(self, values: Any, spots: Any, start: int, anchor: str | None, weight: int):
        self.values = values
        self.spots = spots
        self.start = start
        self.anchor = anchor
        self.weight = weight
        self.key: str | None = None
        self.key_start = self.key_end = 0


class _Anchored(NamedTuple):
    value: object
    spot: Spot
    weight: int


class _MergeKey(str):
    """Told from the quoted text '<<' by identity."""


_MERGE = _MergeKey("<<")
_CORE = "tag:yaml.org,2002:"
_OPEN = object()


class Builder:
    """Builds the documents of one parser; `offset` is where the parsed text begins in the file."""

    def __init__(self, next_event: Callable[[], Any], offset: int, budget: Budget) -> None:
        self.next_event = next_event
        self.offset = offset
        self.budget = budget
        self.nodes = 0

    def document(self) -> Built | None:
        """The next document, None at the end. Raises PlaceError and yaml.YAMLError."""
        event = self.next_event()
        while not isinstance(event, DocumentStartEvent):
            if isinstance(event, StreamEndEvent):
                return None
            event = self.next_event()
        self.stack: list[_Frame] = []
        self.frame = _Frame([], [], 0, None, 0)
        self.anchors: dict[str, Any] = {}
        self.expanded = 0
        self.duplicates: list[tuple[tuple[str | int, ...], Mark, Mark]] = []
        self.tags: list[Mark] = []
        self._fill()
        top = self.frame
        return Built(top.values[0], top.spots[0], tuple(self.duplicates), tuple(self.tags))

    def _fill(self) -> None:
        """Consume events until the document ends. The scalar path is written out: it is hot."""
        next_event, offset, plain = self.next_event, self.offset, _PLAIN
        while True:
            event = next_event()
            kind = type(event)
            if kind is ScalarEvent:
                start = event.start_mark.index + offset
                end = event.end_mark.index + offset
                text = event.value
                frame = self.frame
                values = frame.values
                if frame.key is None and type(values) is dict:
                    self._key(frame, event, text, start, end)
                    continue
                if event.tag is not None:
                    value = self._tagged(event, start)
                elif event.implicit[0]:
                    value = plain.get(text, _OPEN)
                    if value is _OPEN:
                        value = scalars.resolve(text)
                        if len(plain) < _MEMO:
                            plain[text] = value
                else:
                    value = text
                self.nodes += 1
                if event.anchor is None and type(values) is dict and frame.key is not _MERGE:
                    key = frame.key
                    values[key] = value
                    frame.spots[key] = packed(frame.key_start, frame.key_end, start, end)
                    frame.key = None
                else:
                    spot = Spot(frame.key_start, frame.key_end, start, end, None)
                    if event.anchor is not None:
                        self.anchors[event.anchor] = _Anchored(value, spot, 1)
                    self._attach(value, spot)
            elif kind is MappingStartEvent or kind is SequenceStartEvent:
                self._open(event, event.start_mark.index + offset)
            elif kind is MappingEndEvent or kind is SequenceEndEvent:
                self._close(event.end_mark.index + offset)
            elif kind is AliasEvent:
                self._alias(event, event.start_mark.index + offset, event.end_mark.index + offset)
            elif kind is DocumentEndEvent:
                return

    def _key(self, frame: _Frame, event: Any, text: str, start: int, end: int) -> None:
        if event.tag is not None:
            value = self._tagged(event, start)
            key = value if isinstance(value, str) else scalars.key(text)
        elif not event.implicit[0]:
            key = text
        elif text == _MERGE:
            key = _MERGE
        else:
            key = _KEYS.get(text)
            if key is None:
                key = scalars.key(text)
                if key is not None and len(_KEYS) < _MEMO:
                    _KEYS[text] = key
        if key is None:
            raise PlaceError("a null cannot be a key; quote it if the text is meant", start)
        if event.anchor is not None:
            self.anchors[event.anchor] = _Anchored(key, Spot(start, end, start, end, None), 1)
        if event.implicit[0] and text == _MERGE:
            frame.key = _MERGE
        else:
            frame.key = key
            if key in frame.values:
                self._duplicate(frame, key, start, end)
        frame.key_start, frame.key_end = start, end

    def _duplicate(self, frame: _Frame, key: str, start: int, end: int) -> None:
        first = unpacked(frame.spots[key])
        if first.key_start < frame.start:
            return  # it came through a merge key, and being overridden is what merges are for
        path = (*self._path(), key)
        self.duplicates.append(
            (path, Mark(key, first.key_start, first.key_end), Mark(key, start, end))
        )

    def _path(self) -> tuple[str | int, ...]:
        return tuple(
            len(frame.values) if frame.key is None else frame.key for frame in self.stack[1:]
        )

    def _tagged(self, event: Any, start: int) -> object:
        """A scalar with an explicit tag; tags that kubectl does not know leave the text alone."""
        tag, text = event.tag, event.value
        name = tag.removeprefix(_CORE)
        if name == tag and tag not in ("!", ""):
            self.tags.append(Mark(tag, start, start + len(tag)))
            return text
        if name == "binary":
            try:
                return base64.b64decode(text, validate=False).decode("utf-8", "replace")
            except (binascii.Error, ValueError):
                raise PlaceError("!!binary without base64 in it", start + self.offset) from None
        return scalars.resolve(text) if name in ("bool", "float", "int", "null") else text

    def _open(self, event: Any, start: int) -> None:
        if len(self.stack) >= self.budget.depth:
            raise PlaceError(
                f"nested deeper than {self.budget.depth} levels", start, over_budget=True
            )
        frame = self.frame
        mapping = type(event) is MappingStartEvent
        if frame.key is None and type(frame.values) is dict:
            kind = "mapping" if mapping else "list"
            raise PlaceError(f"a {kind} cannot be a key; quote the text if it is meant", start)
        self.nodes += 1
        if self.nodes > self.budget.nodes:
            raise PlaceError(f"more than {self.budget.nodes} nodes", start, over_budget=True)
        if event.tag is not None and event.tag.removeprefix(_CORE) not in ("map", "seq", "!"):
            self.tags.append(Mark(event.tag, start, start + len(event.tag)))
        if event.anchor is not None:
            self.anchors[event.anchor] = _OPEN
        self.stack.append(frame)
        weight = self.nodes + self.expanded
        self.frame = (
            _Frame({}, {}, start, event.anchor, weight)
            if mapping
            else _Frame([], [], start, event.anchor, weight)
        )

    def _close(self, end: int) -> None:
        frame = self.frame
        self.frame = above = self.stack.pop()
        spot = Spot(above.key_start, above.key_end, frame.start, end, frame.spots)
        if frame.anchor is not None:
            weight = self.nodes + self.expanded - frame.weight + 1
            self.anchors[frame.anchor] = _Anchored(frame.values, spot, weight)
        self._attach(frame.values, spot)

    def _alias(self, event: Any, start: int, end: int) -> None:
        anchored = self.anchors.get(event.anchor)
        if anchored is None:
            raise PlaceError(f"alias *{event.anchor} has no anchor before it", start)
        if anchored is _OPEN:
            raise PlaceError(f"alias *{event.anchor} lies inside its own anchor", start)
        self.expanded += anchored.weight
        if self.expanded > self.budget.expanded:
            message = f"aliases stand for more than {self.budget.expanded} nodes"
            raise PlaceError(message, start, over_budget=True)
        frame = self.frame
        if frame.key is None and type(frame.values) is dict:
            if not isinstance(anchored.value, str):
                raise PlaceError(f"alias *{event.anchor} cannot be a key", start)
            frame.key, frame.key_start, frame.key_end = anchored.value, start, end
            return
        below = anchored.spot.below
        spot = Spot(frame.key_start, frame.key_end, start, end, below)
        self._attach(anchored.value, spot)

    def _attach(self, value: object, spot: Spot) -> None:
        """Give the value to the mapping or list that is open; a merge key gives its entries."""
        frame = self.frame
        if type(frame.values) is list:
            # An item is named by nothing: its entry begins where its value does.
            frame.values.append(value)
            frame.spots.append(spot._replace(key_start=spot.start, key_end=spot.start))
            return
        key = frame.key
        frame.key = None
        if key is not _MERGE:
            frame.values[key] = value
            frame.spots[key] = spot
            return
        for mapping, below in _merged(value, spot):
            frame.values.update(mapping)
            frame.spots.update(below)


def _merged(value: object, spot: Spot) -> list[tuple[dict[str, object], dict[str, Spot]]]:
    """What `<<` brings in, weakest first; raises PlaceError unless it is a mapping or mappings."""
    listed = value if isinstance(value, list) else [value]
    below: Any = spot.below if isinstance(value, list) else [spot]
    if not all(isinstance(item, dict) for item in listed):
        raise PlaceError("a merge key needs a mapping, or a list of mappings", spot.start)
    return [
        (item, place.below) for item, place in zip(reversed(listed), reversed(below), strict=True)
    ]


_MEMO = 20_000
_PLAIN: dict[str, Any] = {}
_KEYS: dict[str, str] = {}
