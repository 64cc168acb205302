"""From libyaml's events to values and spots: merge keys, duplicates, tags and budgets."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Mapping
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
from kubeguard.model.trouble import TroubleKind
from kubeguard.sources.budget import Budget, Tally
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

    def __init__(
        self, message: str, offset: int, *, over_budget: bool = False, final: bool = False
    ) -> None:
        super().__init__(message)
        self.offset = offset
        self.kind = TroubleKind.OVER_BUDGET if over_budget else TroubleKind.BROKEN
        self.final = final
        """The budget is the whole input's, and nothing after this is read."""


class _Frame:
    """A mapping or list that is still open, and the key that waits for its value."""

    __slots__ = (
        "anchor",
        "key",
        "key_end",
        "key_start",
        "merged",
        "spots",
        "start",
        "values",
        "weight",
    )

    def __init__(self, values: Any, spots: Any, start: int, anchor: str | None, weight: int):
        self.values = values
        self.spots = spots
        self.start = start
        self.anchor = anchor
        self.weight = weight
        self.key: str | None = None
        self.key_start = self.key_end = 0
        self.merged: dict[str, Spot | int | None] | None = None
        """Keys that came through `<<`, each with the entry that was given itself before, if any."""


class _Anchored(NamedTuple):
    value: object
    spot: Spot
    weight: int


class _MergeKey(str):
    """Told from the quoted text '<<' by identity."""


_MERGE = _MergeKey("<<")
_CORE = "tag:yaml.org,2002:"
_MERGE_TAG = _CORE + "merge"
_TYPES: Mapping[str, tuple[type, ...]] = {
    "binary": (str,),
    "bool": (bool,),
    "float": (float, int),
    "int": (int,),
    "null": (type(None),),
    "str": (str,),
    "timestamp": (str,),
}
_OPEN = object()


class Builder:
    """Builds the documents of one input, whose budget they share."""

    def __init__(self, budget: Budget, tally: Tally) -> None:
        self.budget = budget
        self.tally = tally
        self.nodes = 0

    def document(self, next_event: Callable[[], Any], offset: int) -> Built | None:
        """The next document of a parser, None at its end; `offset` is where its text begins.

        Raises PlaceError and yaml.YAMLError.
        """
        event = next_event()
        while not isinstance(event, DocumentStartEvent):
            if isinstance(event, StreamEndEvent):
                return None
            event = next_event()
        self.stack: list[_Frame] = []
        self.frame = _Frame([], [], 0, None, 0)
        self.anchors: dict[str, Any] = {}
        self.expanded = 0
        self.duplicates: list[tuple[tuple[str | int, ...], Mark, Mark]] = []
        self.tags: list[Mark] = []
        self._fill(next_event, offset)
        top = self.frame
        return Built(
            top.values[0], unpacked(top.spots[0]), tuple(self.duplicates), tuple(self.tags)
        )

    def _fill(self, next_event: Callable[[], Any], offset: int) -> None:
        """Consume events until the document ends. The scalar path is written out: it is hot."""
        plain, most = _PLAIN, self.budget.nodes
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
                        value = _resolved(text)
                else:
                    value = text
                self.nodes = nodes = self.nodes + 1
                if nodes > most:
                    raise _too_many_nodes(most, start)
                if event.anchor is None and type(values) is list:
                    values.append(value)
                    frame.spots.append(packed(start, start, start, end))
                elif event.anchor is None and frame.key is not _MERGE:
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
        tag = event.tag
        if text == _MERGE and (tag == _MERGE_TAG or (tag is None and event.implicit[0])):
            key: str | None = _MERGE
        elif tag is not None:
            key = scalars.name(self._tagged(event, start))
        elif not event.implicit[0]:
            key = text
        else:
            key = _KEYS.get(text)
            if key is None:
                key = scalars.key(text)
                if key is not None and len(_KEYS) < _MEMO and len(text) <= _MEMO_LENGTH:
                    _KEYS[text] = key
        if key is None:
            raise PlaceError("a null cannot be a key; quote it if the text is meant", start)
        if event.anchor is not None:
            self.anchors[event.anchor] = _Anchored(key, Spot(start, end, start, end, None), 1)
        self._name(frame, key, start, end)

    def _name(self, frame: _Frame, key: str, start: int, end: int) -> None:
        """Let the next value go under this key."""
        if key is not _MERGE and key in frame.values:
            self._duplicate(frame, key, start, end)
        frame.key, frame.key_start, frame.key_end = key, start, end

    def _duplicate(self, frame: _Frame, key: str, start: int, end: int) -> None:
        merged = frame.merged or {}
        first = merged.pop(key) if key in merged else frame.spots[key]
        # To be overridden is what merged keys are for: those have no first place here.
        if first is not None and self.tally.admits(TroubleKind.DUPLICATE_KEY, start):
            at = unpacked(first)
            again = Mark(key, start, end)
            self.duplicates.append(
                ((*self._path(), key), Mark(key, at.key_start, at.key_end), again)
            )

    def _path(self) -> tuple[str | int, ...]:
        return tuple(
            len(frame.values) if frame.key is None else frame.key for frame in self.stack[1:]
        )

    def _tagged(self, event: Any, start: int) -> object:
        """A scalar with an explicit tag; tags that kubectl does not know leave the text alone."""
        tag, text = event.tag, event.value
        name = tag.removeprefix(_CORE)
        if name not in _TYPES:
            self._foreign(tag, start)
            return text
        if name == "binary":
            try:
                joined = "".join(text.split())
                return base64.b64decode(joined, validate=True).decode("utf-8", "replace")
            except (binascii.Error, ValueError):
                raise PlaceError("!!binary without base64 in it", start) from None
        value = text if name in ("str", "timestamp") else scalars.resolve(text)
        if type(value) not in _TYPES[name]:
            raise PlaceError(f"{text[:_SHOWN]!r} cannot be read as !!{name}", start)
        return value

    def _foreign(self, tag: str, start: int) -> None:
        """Remember a tag that means nothing to kubectl; `!` alone only says "not plain"."""
        if tag not in ("!", "") and self.tally.admits(TroubleKind.UNKNOWN_TAG, start):
            self.tags.append(Mark(tag, start, start))

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
            raise _too_many_nodes(self.budget.nodes, start)
        if event.tag is not None and event.tag.removeprefix(_CORE) not in ("map", "seq"):
            self._foreign(event.tag, start)
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
            key = None if anchored.spot.below is not None else scalars.name(anchored.value)
            if key is None:
                raise PlaceError(f"alias *{event.anchor} cannot be a key", start)
            self._name(frame, key, start, end)
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
        frame.merged = merged = {} if frame.merged is None else frame.merged
        for mapping, below in _merged(value, spot):
            for name in mapping:
                merged.setdefault(name, frame.spots.get(name))
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


def _resolved(text: str) -> object:
    """The value of a plain scalar that was not met before, remembered for the next time."""
    value = scalars.resolve(text)
    if len(_PLAIN) < _MEMO and len(text) <= _MEMO_LENGTH:
        _PLAIN[text] = value
    return value


def _too_many_nodes(most: int, start: int) -> PlaceError:
    return PlaceError(f"more than {most:,} nodes", start, over_budget=True, final=True)


_MEMO = 20_000
_MEMO_LENGTH = 128
_SHOWN = 40
_PLAIN: dict[str, Any] = {}
_KEYS: dict[str, str] = {}
