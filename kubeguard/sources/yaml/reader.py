"""One file of YAML into documents; a broken document does not lose the others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from typing import NamedTuple

import yaml

from kubeguard.model.lines import Lines
from kubeguard.model.location import Path
from kubeguard.model.node import Node, Source
from kubeguard.model.regex import Regex
from kubeguard.model.trouble import Trouble, TroubleKind
from kubeguard.sources.budget import BUDGET, Budget, Tally
from kubeguard.sources.places import Spot, TextPlaces
from kubeguard.sources.yaml.builder import Builder, Built, Mark, PlaceError

try:
    from yaml._yaml import CParser
except ImportError:  # a PyYAML built without libyaml: ten times slower, the same events
    from yaml.loader import Loader as CParser  # type: ignore[assignment]

_SEPARATOR = re.compile(r"---(?<![^\r\n]---)(?=[ \t\r\n]|\Z)")
_DIRECTIVE = re.compile(r"%(?<![^\r\n]%)")
_TAG = Regex(r"(?:&[^\s,\[\]{}]+\s+)?(!<[^>\s]*>|![^\s,\[\]{}]*)")
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


class Document(NamedTuple):
    """One YAML or JSON document and what was odd about it; an empty one has the value None."""

    node: Node
    troubles: tuple[Trouble, ...] = ()


def read(name: str, text: str, budget: Budget = BUDGET) -> tuple[list[Document], list[Trouble]]:
    """The documents of a text without byte-order mark, and the places where it is broken."""
    return _Stream(name, text, budget).read()


class _Stream:
    """One text, its documents numbered as they come, whole or broken."""

    def __init__(self, name: str, text: str, budget: Budget) -> None:
        self.name = name
        self.text = text
        self.lines = Lines(text)
        self.budget = budget
        self.tally = Tally(budget)
        self.builder = Builder(budget, self.tally)
        self.documents: list[Document] = []
        self.broken: list[Trouble] = []
        self.number = 0

    def read(self) -> tuple[list[Document], list[Trouble]]:
        if bad := _UNPRINTABLE.search(self.text):
            message = f"the character U+{ord(bad[0]):04X} is not allowed in YAML"
            self._break(Mark(message, *bad.span()), TroubleKind.BROKEN)
            return [], self.broken
        for start, end in _chunks(self.text):
            try:
                self._documents(start, end)
            except PlaceError as error:
                self._break(Mark(error.message, error.offset, error.offset), error.kind)
                if error.final:
                    break
            except yaml.MarkedYAMLError as error:
                self._break(_explain(error, self.text, start, end), TroubleKind.BROKEN)
        if rest := unlisted(self.name, self.lines, self.tally):
            self._attach(rest)
        return self.documents, self.broken

    def _documents(self, start: int, end: int) -> None:
        """Read the documents between two offsets. Raises PlaceError and yaml.YAMLError."""
        self._expect_one(start)
        parser = CParser(self.text[start:end])
        try:
            while (built := self.builder.document(parser.get_event, start)) is not None:
                self._expect_one(built.root.start)
                self.documents.append(_document(self.name, self.lines, self.number, built))
                self.number += 1
        finally:
            parser.dispose()

    def _expect_one(self, offset: int) -> None:
        if self.number >= self.budget.documents:
            message = f"more than {self.budget.documents:,} documents in one file"
            raise PlaceError(message, offset, over_budget=True, final=True)

    def _break(self, mark: Mark, kind: TroubleKind) -> None:
        """Count a document that cannot be read; the first of them is listed in any case."""
        if self.tally.admits(kind, mark.start) or not self.broken:
            self.broken.append(place_trouble(self.name, self.lines, self.number, mark, kind))
        self.number += 1

    def _attach(self, trouble: Trouble) -> None:
        if trouble.kind in (TroubleKind.BROKEN, TroubleKind.OVER_BUDGET) or not self.documents:
            self.broken.append(trouble)
        else:
            last = self.documents[-1]
            self.documents[-1] = last._replace(troubles=(*last.troubles, trouble))


def _chunks(text: str) -> Iterator[tuple[int, int]]:
    """The documents' offsets; directives reach across documents, so such a file stays whole."""
    if _DIRECTIVE.search(text):
        yield 0, len(text)
        return
    starts = [found.start() for found in _SEPARATOR.finditer(text)]
    if not starts or text[: starts[0]].strip():
        starts.insert(0, 0)
    yield from zip(starts, [*starts[1:], len(text)], strict=True)


def _document(name: str, lines: Lines, number: int, built: Built) -> Document:
    source = Source(name, lines.text, TextPlaces(lines, built.root), number)
    troubles = [duplicate_trouble(source, lines, *found) for found in built.duplicates]
    for mark in built.tags:
        said = _written(mark, lines.text)
        troubles.append(place_trouble(name, lines, number, said, TroubleKind.UNKNOWN_TAG))
    return Document(Node(built.value, source), tuple(troubles))


def _written(mark: Mark, text: str) -> Mark:
    """A tag as it stands in the text, where an anchor may stand before it."""
    found = _TAG.match(text, mark.start)
    what, (start, end) = (found[1], found.span(1)) if found else (mark.what, mark[1:])
    return Mark(f"the tag {what} means nothing to kubectl", start, end)


def unlisted(name: str, lines: Lines, tally: Tally) -> Trouble | None:
    """What is said in place of the complaints for which there was no room."""
    if tally.first_other is None:
        return None
    kind, offset = tally.first_other
    message = f"{tally.others:,} more complaints about this input are not listed"
    return place_trouble(name, lines, 0, Mark(message, offset, offset), kind)


def duplicate_trouble(
    source: Source, lines: Lines, path: Path, first: Mark, second: Mark
) -> Trouble:
    """A key that is given twice, placed at the second one."""
    line, column = lines.position(first.start)
    message = f"{second.what!r} is given twice, first at {line}:{column}; only the last one counts"
    node = Node(None, replace(source, places=_at(lines, second)), path)
    return Trouble(node, TroubleKind.DUPLICATE_KEY, message)


def _explain(error: yaml.MarkedYAMLError, text: str, start: int, end: int) -> Mark:
    """libyaml's sentence without its marks, and the offset it complains about.

    What is never closed is noticed at the end; its reader wants to see where it was opened.
    """
    mark = error.problem_mark or error.context_mark
    if mark and error.context_mark and start + mark.index >= end:
        mark = error.context_mark
    where = min(start + (mark.index if mark else 0), _last(text, start, end))
    if text[where : where + 1] == "\t":
        return Mark("a tab where YAML wants spaces", where, where + 1)
    message = " ".join(filter(None, (error.context, error.problem)))
    return Mark(message or "not YAML", where, where)


def _last(text: str, start: int, end: int) -> int:
    """The offset of the last character that is neither space nor comment."""
    at = end
    for line in reversed(text[start:end].splitlines(keepends=True)):
        at -= len(line)
        written = line.rstrip()
        if written and not written.lstrip().startswith("#"):
            return at + len(written) - 1
    return start


def _at(lines: Lines, mark: Mark) -> TextPlaces:
    return TextPlaces(lines, Spot(mark.start, mark.start, mark.start, mark.end, None))


def place_trouble(name: str, lines: Lines, number: int, mark: Mark, kind: TroubleKind) -> Trouble:
    """Something to say about a place that belongs to no value."""
    source = Source(name, lines.text, _at(lines, mark), number)
    return Trouble(Node(None, source), kind, mark.what)
