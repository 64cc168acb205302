"""One file of YAML into documents; a broken document does not lose the others."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

import yaml

from kubeguard.model.lines import Lines
from kubeguard.model.location import Path
from kubeguard.model.node import Node, Source
from kubeguard.model.trouble import Trouble, TroubleKind
from kubeguard.sources.budget import BUDGET, Budget
from kubeguard.sources.places import Spot, TextPlaces
from kubeguard.sources.yaml.builder import Builder, Built, Mark, PlaceError

try:
    from yaml._yaml import CParser
except ImportError:  # a PyYAML built without libyaml: ten times slower, the same events
    from yaml.loader import Loader as CParser  # type: ignore[assignment]

_SEPARATOR = re.compile(r"^---(?=[ \t\r\n]|\Z)", re.MULTILINE)
_UNPRINTABLE = re.compile("[^\t\n\r\x20-\x7e\x85\xa0-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


@dataclass(frozen=True, slots=True)
class Document:
    """One YAML or JSON document and what was odd about it; an empty one has the value None."""

    node: Node
    troubles: tuple[Trouble, ...] = ()


def read(name: str, text: str, budget: Budget = BUDGET) -> tuple[list[Document], list[Trouble]]:
    """The documents of a text without byte-order mark, and the places where it is broken."""
    lines = Lines(text)
    if bad := _UNPRINTABLE.search(text):
        message = f"the character U+{ord(bad[0]):04X} is not allowed in YAML"
        return [], [place_trouble(name, lines, 0, Mark(message, *bad.span()), TroubleKind.BROKEN)]
    documents: list[Document] = []
    broken: list[Trouble] = []
    for start, end in _chunks(text):
        first = len(documents) + len(broken)
        if first >= budget.documents:
            message = f"more than {budget.documents} documents in one file"
            broken.append(
                place_trouble(
                    name, lines, first, Mark(message, start, end), TroubleKind.OVER_BUDGET
                )
            )
            break
        try:
            for built in _parse(text[start:end], start, budget):
                documents.append(_document(name, lines, len(documents) + len(broken), built))
        except PlaceError as error:
            kind = TroubleKind.OVER_BUDGET if error.over_budget else TroubleKind.BROKEN
            mark = Mark(error.message, error.offset, error.offset)
            broken.append(place_trouble(name, lines, len(documents) + len(broken), mark, kind))
        except yaml.MarkedYAMLError as error:
            mark = _explain(error, text, start, end)
            broken.append(
                place_trouble(name, lines, len(documents) + len(broken), mark, TroubleKind.BROKEN)
            )
    return documents, broken


def _chunks(text: str) -> Iterator[tuple[int, int]]:
    """The documents' offsets; directives reach across documents, so such a file stays whole."""
    if text.startswith("%") or "\n%" in text:
        yield 0, len(text)
        return
    starts = [found.start() for found in _SEPARATOR.finditer(text)]
    if not starts or text[: starts[0]].strip():
        starts.insert(0, 0)
    yield from zip(starts, [*starts[1:], len(text)], strict=True)


def _parse(chunk: str, offset: int, budget: Budget) -> Iterator[Built]:
    parser = CParser(chunk)
    try:
        builder = Builder(parser.get_event, offset, budget)
        while (built := builder.document()) is not None:
            yield built
    finally:
        parser.dispose()


def _document(name: str, lines: Lines, number: int, built: Built) -> Document:
    source = Source(name, lines.text, TextPlaces(lines, built.root), number)
    troubles = [duplicate_trouble(source, lines, *found) for found in built.duplicates]
    for mark in built.tags:
        said = mark._replace(what=f"the tag {mark.what} means nothing to kubectl")
        troubles.append(place_trouble(name, lines, number, said, TroubleKind.UNKNOWN_TAG))
    return Document(Node(built.value, source), tuple(troubles))


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
    where = min(start + (mark.index if mark else 0), end)
    if text[where : where + 1] == "\t":
        return Mark("a tab where YAML wants spaces", where, where + 1)
    message = " ".join(filter(None, (error.context, error.problem)))
    return Mark(message or "not YAML", where, where)


def _at(lines: Lines, mark: Mark) -> TextPlaces:
    return TextPlaces(lines, Spot(mark.start, mark.start, mark.start, mark.end, None))


def place_trouble(name: str, lines: Lines, number: int, mark: Mark, kind: TroubleKind) -> Trouble:
    """Something to say about a place that belongs to no value."""
    source = Source(name, lines.text, _at(lines, mark), number)
    return Trouble(Node(None, source), kind, mark.what)
