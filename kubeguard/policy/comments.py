"""Suppressions in comments: which comments there are, and what each of them stands at."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from kubeguard.model.dockerfile import Dockerfile
from kubeguard.model.finding import Spelling
from kubeguard.model.lines import Lines
from kubeguard.model.location import Path, Span
from kubeguard.model.node import Node, Source
from kubeguard.model.places import CommentedPlaces, Nowhere
from kubeguard.model.reading import Reading
from kubeguard.model.trouble import Trouble
from kubeguard.policy.grammar import COMMENT, MalformedError, parse_comment
from kubeguard.policy.names import Names
from kubeguard.policy.stages import in_heredoc, regions
from kubeguard.policy.waiver import Scope, Waiver, complain, waiver

_NO_ENTRY = re.compile(r"(?:[- \t]*[ \t])?#.*|[- \t]*")
"""A line on which nothing begins: blank, a comment, a document separator, a lone dash."""


@dataclass(frozen=True, slots=True)
class _Comment:
    """`before` is what stands on the line in front of it, `target` the line it speaks about."""

    span: Span
    body: str
    before: str
    target: int

    @property
    def trailing(self) -> bool:
        return self.target == self.span.line


class _Document:
    """One YAML document: its places, and the objects in it by their paths."""

    def __init__(self, places: CommentedPlaces) -> None:
        self.places = places
        self.sources: dict[Path, Source] = {}
        extent = places.extent(())
        self.line = extent.line if extent else 0

    def owner(self, path: Path) -> Source:
        """The innermost object around a path; the first one for what is around them all."""
        for length in range(len(path), -1, -1):
            if path[:length] in self.sources:
                return self.sources[path[:length]]
        return next(iter(self.sources.values()))


class _Yaml:
    """The documents of one text that could be read, by the lines they begin on."""

    def __init__(self, reading: Reading) -> None:
        found: dict[int, _Document] = {}
        for node in reading.objects:
            source = node.source
            if isinstance(source.places, CommentedPlaces):
                if source.document not in found:
                    found[source.document] = _Document(source.places)
                found[source.document].sources[source.root] = source
        self.lines = Lines(reading.objects[0].source.text)
        self._documents = sorted(found.values(), key=lambda document: document.line)

    @cached_property
    def _separators(self) -> list[int]:
        return [line for line, _ in enumerate(self.lines.starts, 1) if self._separates(line)]

    def _separates(self, line: int) -> bool:
        return self.lines.text.startswith("---", self.lines.starts[line - 1])

    def document(self, line: int) -> _Document | None:
        """The last one that begins on or above a line."""
        number = bisect_right(self._documents, line, key=lambda document: document.line)
        return self._documents[number - 1] if number else None

    def belongs(self, line: int, document: _Document) -> bool:
        """Whether no other document, which could not be read, begins in between."""
        separators = self._separators
        return bisect_right(separators, document.line) == bisect_right(separators, line)


class _At(Nowhere):
    """The place of a comment, whatever path is asked for."""

    def __init__(self, span: Span) -> None:
        self._span = span

    def span(self, _: Path) -> Span | None:
        return self._span

    key_span = extent = span


def in_comments(reading: Reading, names: Names) -> Iterator[Waiver | Trouble]:
    """What the comments of one input suppress."""
    if reading.dockerfile:
        yield from _in_dockerfile(reading.dockerfile, names)
    elif reading.objects:
        yield from _in_yaml(_Yaml(reading), names)


def _comments(lines: Lines) -> Iterator[_Comment]:
    """Everything that looks like one, in the order of the text."""
    target = 0
    for found in COMMENT.finditer(lines.text):
        span = lines.span(found.start(), found.end())
        before = lines.line(span.line)[: span.column - 1]
        if before.strip("- \t"):
            yield _Comment(span, found["body"], before, span.line)
            continue
        target = max(target, span.line + 1)
        while target <= len(lines.starts) and _NO_ENTRY.fullmatch(lines.line(target)):
            target += 1
        yield _Comment(span, found["body"], before, target)


def _in_yaml(yaml: _Yaml, names: Names) -> Iterator[Waiver | Trouble]:
    for comment in _comments(yaml.lines):
        line = comment.span.line
        above, at = yaml.document(line), yaml.document(comment.target)
        if above and not above.places.is_comment(line, comment.span.column):
            continue
        if at and (starting := at.places.starting(comment.target)):
            yield _at_entry(comment, starting, at, names)
        elif above and yaml.belongs(line, above):
            where = "on this line" if comment.trailing else "below this comment"
            hint = "move it above the entry it is about"
            place = _place(comment, above.owner(()), ())
            yield complain(place, MalformedError(f"no entry begins {where}", hint))


def _at_entry(
    comment: _Comment, starting: tuple[Path, ...], document: _Document, names: Names
) -> Waiver | Trouble:
    """Alone on its line: the outermost entry; behind an entry: that one, never a whole object."""
    path = starting[0]
    if comment.trailing:
        inner = (each for each in starting if each and each not in document.sources)
        path = next(inner, path)
    owner = document.owner(path)
    extent = owner.places.extent(path) if path == starting[0] else None
    scope = Scope(owner.document, (path,), extent)
    return _read(comment, _place(comment, owner, path), scope, names)


def _read(comment: _Comment, place: Node, scope: Scope, names: Names) -> Waiver | Trouble:
    try:
        return waiver(parse_comment(comment.body), Spelling.COMMENT, place, scope, names)
    except MalformedError as error:
        return complain(place, error)


def _place(comment: _Comment, source: Source, path: Path) -> Node:
    return Node(comment.body, replace(source, places=_At(comment.span)), path)


def _in_dockerfile(dockerfile: Dockerfile, names: Names) -> Iterator[Waiver | Trouble]:
    """Above FROM: the stage; above an instruction: it; inside a continued one: the next line."""
    source = dockerfile.node.source
    covered = regions(dockerfile)
    for comment in _comments(Lines(source.text)):
        if in_heredoc(dockerfile, comment.span.line):
            continue
        place = _place(comment, source, ())
        if comment.before.strip():
            message = "a Dockerfile has no comment at the end of a line"
            hint = "put it on a line of its own above the instruction"
            yield complain(place, MalformedError(message, hint))
        elif comment.target in covered:
            yield _read(comment, place, Scope(extent=covered[comment.target]), names)
        else:
            hint = "move it above the instruction it is about"
            yield complain(place, MalformedError("no instruction follows this comment", hint))
