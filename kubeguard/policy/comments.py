"""Suppressions in comments: which comments there are, and what each of them stands at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from kubeguard.model.dockerfile import Dockerfile
from kubeguard.model.finding import Spelling
from kubeguard.model.lines import Lines
from kubeguard.model.location import Path, Span
from kubeguard.model.manifest import within
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


@dataclass(frozen=True, slots=True)
class _Document:
    """One YAML document: its places and the objects in it, more than one for a List."""

    places: CommentedPlaces
    sources: list[Source]


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
    elif documents := _documents(reading):
        lines = Lines(documents[0].sources[0].text)
        for comment in _comments(lines):
            line, column = comment.span.line, comment.span.column
            if all(document.places.is_comment(line, column) for document in documents):
                yield from _in_yaml(comment, lines, documents, names)


def _documents(reading: Reading) -> list[_Document]:
    found: dict[int, _Document] = {}
    for node in reading.objects:
        source = node.source
        if isinstance(source.places, CommentedPlaces):
            document = found.setdefault(source.document, _Document(source.places, []))
            document.sources.append(source)
    return list(found.values())


def _comments(lines: Lines) -> Iterator[_Comment]:
    for found in COMMENT.finditer(lines.text):
        span = lines.span(found.start(), found.end())
        before = lines.line(span.line)[: span.column - 1]
        target = span.line
        if not before.strip("- \t"):
            target += 1
            while target <= len(lines.starts) and _NO_ENTRY.fullmatch(lines.line(target)):
                target += 1
        yield _Comment(span, found["body"], before, target)


def _in_yaml(
    comment: _Comment, lines: Lines, documents: list[_Document], names: Names
) -> Iterator[Waiver | Trouble]:
    for document in documents:
        if starting := document.places.starting(comment.target):
            yield _at_entry(comment, starting, document, names)
            return
    for document in documents:
        if _stands_in(comment, lines, document):
            where = "on this line" if comment.trailing else "below this comment"
            hint = "move it above the entry it is about"
            place = _place(comment, document.sources[0], ())
            yield complain(place, MalformedError(f"no entry begins {where}", hint))


def _stands_in(comment: _Comment, lines: Lines, document: _Document) -> bool:
    """Whether the comment is below the first line of a document and above the next one.

    What stands in a document that could not be read is nobody's business here.
    """
    extent = document.places.extent(())
    if extent is None or comment.span.line < extent.line:
        return False
    between = range(extent.line + 1, comment.span.line)
    return not any(lines.line(number).startswith("---") for number in between)


def _at_entry(
    comment: _Comment, starting: tuple[Path, ...], document: _Document, names: Names
) -> Waiver | Trouble:
    """Alone on its line: the outermost entry; behind an entry: that one, never a whole object."""
    path = starting[0]
    if comment.trailing:
        objects = {(), *(source.root for source in document.sources)}
        path = next((each for each in starting if each not in objects), path)
    owner = max(
        (source for source in document.sources if within(path, source.root)),
        key=lambda source: len(source.root),
        default=document.sources[0],
    )
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
