"""A place inside a scalar: the third line of a file in a ConfigMap, the value after `--token=`."""

from __future__ import annotations

from dataclasses import dataclass, replace

from kubeguard.model.lines import Lines
from kubeguard.model.location import Path, Span
from kubeguard.model.node import Node
from kubeguard.model.places import Places

_BLOCK_HEADERS = ("|", ">")
"""A block scalar begins with a line of its own; a here-document's body does not."""


def part(node: Node, start: int, end: int) -> Node:
    """The node, placed at the characters `start` to `end` of its string.

    Exact when the string stands in the text as it reads (plain, quoted on one line, literal
    block); otherwise, and without a text, the node as it is.
    """
    whole = node.location.span
    span = _span(node, whole, start, end) if whole else None
    if span is None:
        return node
    places = _Inside(node.source.places, node.path, span)
    return Node(node.value, replace(node.source, places=places), node.path)


def at_key(node: Node) -> Node:
    """The node, placed at the key that names it, for a finding about the name."""
    span = node.source.places.key_span(node.path)
    if span is None:
        return node
    places = _Inside(node.source.places, node.path, span)
    return Node(node.value, replace(node.source, places=places), node.path)


def _span(node: Node, whole: Span, start: int, end: int) -> Span | None:
    value = node.text
    first = value.rfind("\n", 0, start) + 1
    last = value.find("\n", start)
    written = value[first : last if last >= 0 else len(value)].rstrip()
    lines = node.source.places.lines
    number = whole.line + value.count("\n", 0, start)
    if lines.line(whole.line)[whole.column - 1 :].startswith(_BLOCK_HEADERS):
        number += 1
    begin = whole.column - 1 if number == whole.line else 0
    column = lines.line(number).find(written, begin)
    if column < 0 or not written:
        return None
    left, right = start - first, min(end - first, len(written))
    return Span(number, column + left + 1, number, column + max(right, left) + 1)


@dataclass(frozen=True, slots=True, eq=False)
class _Inside:
    """The places of a source, except that one value is told to be somewhere else."""

    places: Places
    path: Path
    inner: Span

    @property
    def lines(self) -> Lines:
        return self.places.lines

    def span(self, path: Path, /) -> Span | None:
        return self.inner if path == self.path else self.places.span(path)

    def key_span(self, path: Path, /) -> Span | None:
        return self.places.key_span(path)

    def extent(self, path: Path, /) -> Span | None:
        return self.places.extent(path)
