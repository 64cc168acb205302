"""Which lines of a Dockerfile belong to what."""

from __future__ import annotations

from collections.abc import Iterator

from kubeguard.model.dockerfile import Dockerfile, Stage
from kubeguard.model.location import Span
from kubeguard.model.node import Node

_LAST_LINE = 2**31


def regions(dockerfile: Dockerfile) -> dict[int, Span]:
    """What a comment above a line covers: at FROM the stage, at another instruction all of it,
    at a line that continues one this line alone."""
    found: dict[int, Span] = {}
    for instruction in dockerfile.instructions:
        if extent := _extent(instruction.node):
            found[extent.line] = Span(extent.line, 1, extent.end_line + 1, 1)
            for line in range(extent.line + 1, extent.end_line + 1):
                found[line] = Span(line, 1, line + 1, 1)
    return found | {span.line: span for _, span in stages(dockerfile)}


def _extent(node: Node) -> Span | None:
    return node.source.places.extent(node.path)


def stages(dockerfile: Dockerfile) -> Iterator[tuple[Stage, Span]]:
    """Every stage with its lines, from its FROM to the line before the next one."""
    firsts = [
        (stage, span.line)
        for stage in dockerfile.stages
        if stage.instructions and (span := _extent(stage.instructions[0].node))
    ]
    ends = [line for _, line in firsts[1:]] + [_LAST_LINE]
    for (stage, first), end in zip(firsts, ends, strict=True):
        yield stage, Span(first, 1, end, 1)


def in_heredoc(dockerfile: Dockerfile, line: int) -> bool:
    """Whether a line belongs to a here-document, where a `#` is content."""
    for instruction in dockerfile.instructions:
        for heredoc in instruction.heredocs:
            extent = _extent(heredoc.body)
            if extent and extent.line <= line <= extent.end_line:
                return True
    return False
