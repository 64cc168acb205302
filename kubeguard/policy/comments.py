"""Suppressions in comments: which comments there are, and what each of them stands at."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from kubeguard.model.finding import Spelling
from kubeguard.model.lines import Lines
from kubeguard.model.location import Nowhere, Path, Span
from kubeguard.model.manifest import within
from kubeguard.model.node import Node, Source
from kubeguard.model.reading import Reading
from kubeguard.model.trouble import Trouble
from kubeguard.policy.grammar import COMMENT, MalformedError, parse_comment
from kubeguard.policy.names import Names
from kubeguard.policy.stages import in_heredoc, regions
from kubeguard.policy.waiver import Scope, Waiver, complain, waiver

_NO_ENTRY = re.compile(r"[ \t]*(?:---[ \t]*)?(?:#.*)?")
"""A line on which nothing begins: blank, a comment, a document separator."""


class _At(Nowhere):
    """The place of a comment, whatever path is asked for."""

    def __init__(self, span: Span) -> None:
        self._span = span

    def span(self, _: Path) -> Span | None:
        return self._span

    key_span = extent = span


@dataclass(frozen=True, slots=True)
class _Comment:
    """`before` is what stands on the line in front of it, `target` the line it speaks about."""

    span: Span
    body: str
    before: str
    target: int


def in_comments(reading: Reading, names: Names) -> Iterator[Waiver | Trouble]:
    """What the comments of one input suppress."""
    if reading.dockerfile:
        source = reading.dockerfile.node.source
        covered = tuple(regions(reading.dockerfile))
        for comment in _comments(source.text):
            if not in_heredoc(reading.dockerfile, comment.span.line):
                yield _in_dockerfile(comment, source, covered, names)
    elif reading.objects:
        documents: dict[int, list[Source]] = {}
        for node in reading.objects:
            documents.setdefault(node.source.document, []).append(node.source)
        places = [sources[0].places for sources in documents.values()]
        for comment in _comments(reading.objects[0].source.text):
            at = comment.span
            if all(each.is_comment(at.line, at.column) for each in places):
                yield from _in_yaml(comment, list(documents.values()), names)


def _comments(text: str) -> Iterator[_Comment]:
    lines = Lines(text)
    for found in COMMENT.finditer(text):
        span = lines.span(found.start(), found.end())
        before = lines.line(span.line)[: span.column - 1]
        target = span.line
        if not before.strip("- \t"):
            target += 1
            while target <= len(lines.starts) and _NO_ENTRY.fullmatch(lines.line(target)):
                target += 1
        yield _Comment(span, found["body"], before, target)


def _in_yaml(
    comment: _Comment, documents: list[list[Source]], names: Names
) -> Iterator[Waiver | Trouble]:
    for sources in documents:
        starting = sources[0].places.starting(comment.target)
        if starting:
            yield _at_entry(comment, starting, sources, names)
            return
    for sources in documents:
        if _stands_in(comment, sources[0]):
            where = "on this line" if comment.before.strip("- \t") else "below this comment"
            hint = "move it above the entry it is about"
            error = MalformedError(f"no entry begins {where}", hint)
            yield complain(_place(comment, sources[0], ()), error)


def _at_entry(
    comment: _Comment, starting: tuple[Path, ...], sources: list[Source], names: Names
) -> Waiver | Trouble:
    """Alone on its line: the outermost entry; behind an entry: that one, never a whole object."""
    objects = {(), *(source.root for source in sources)}
    path = starting[0]
    if comment.target == comment.span.line:
        path = next((each for each in starting if each not in objects), path)
    owner = max(
        (source for source in sources if within(path, source.root)),
        key=lambda source: len(source.root),
        default=sources[0],
    )
    extent = owner.places.extent(path) if path == starting[0] else None
    scope = Scope(owner.document, (path,), extent)
    return _read(comment, _place(comment, owner, path), scope, names)


def _stands_in(comment: _Comment, source: Source) -> bool:
    """Whether the comment is below the first line of a document and above the next one.

    What stands in a document that could not be read is nobody's business here.
    """
    extent = source.places.extent(())
    lines = Lines(source.text)
    return (
        extent is not None
        and extent.line <= comment.span.line
        and not any(
            lines.line(number).startswith("---")
            for number in range(extent.line + 1, comment.span.line)
        )
    )


def _read(comment: _Comment, place: Node, scope: Scope, names: Names) -> Waiver | Trouble:
    try:
        return waiver(parse_comment(comment.body), Spelling.COMMENT, place, scope, names)
    except MalformedError as error:
        return complain(place, error)


def _place(comment: _Comment, source: Source, path: Path) -> Node:
    return Node(comment.body, replace(source, places=_At(comment.span)), path)


def _in_dockerfile(
    comment: _Comment, source: Source, covered: tuple[Span, ...], names: Names
) -> Waiver | Trouble:
    """Above FROM: the stage; above an instruction: it; inside a continued one: the next line."""
    place = _place(comment, source, ())
    if comment.before.strip():
        error = MalformedError(
            "a Dockerfile has no comment at the end of a line",
            "put it on a line of its own above the instruction",
        )
        return complain(place, error)
    for region in covered:
        if region.line == comment.target:
            return _read(comment, place, Scope(extent=region), names)
    line = comment.target
    if any(region.line < line < region.end_line for region in covered):
        return _read(comment, place, Scope(extent=Span(line, 1, line + 1, 1)), names)
    error = MalformedError("no instruction follows this comment", "move it above an instruction")
    return complain(place, error)
