"""Edits of Dockerfiles: words, flags and whole instructions."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterable, Sequence

from kubeguard.model.dockerfile import Dockerfile, Instruction
from kubeguard.model.fix import REMOVE, Edit
from kubeguard.model.location import Path, Span
from kubeguard.model.node import Node
from kubeguard.sources.dockerfile import read
from kubeguard.sources.edit.splice import (
    EditError,
    Replacement,
    line_break,
    line_end,
    line_start,
    ordered,
    splice,
    without_lines,
)

_GAP = re.compile(r"(?:[ \t]|[\\`][ \t]*\r?\n)*\Z")
_COMMA = re.compile(r",(?:[ \t]|[\\`][ \t]*\r?\n)*\Z")
_CONTINUED = re.compile(r"[ \t]*[\\`][ \t]*(?=\r?\n)")
_BLANKS = re.compile(r"[ \t]*")
_FAR = 200
"""As far as the gap before a word is followed back."""


def replacements(text: str, edits: Sequence[Edit]) -> tuple[Replacement, ...]:
    """What has to be replaced, tried out. Raises EditError when something else would change."""
    before, troubles = read("Dockerfile", text)
    if before is None:
        raise EditError("not a Dockerfile")
    found = ordered(dict.fromkeys(_replacement(before, edit) for edit in edits))
    after, new_troubles = read("Dockerfile", splice(text, found))
    if after is None or len(new_troubles) > len(troubles) or not _as_meant(before, after, edits):
        raise EditError("the edited Dockerfile would not say what is meant")
    return found


def _replacement(before: Dockerfile, edit: Edit) -> Replacement:
    where, value = edit.where, edit.value
    text, path = where.source.text, where.path
    if value is not REMOVE and not (isinstance(value, str) and value.strip()):
        raise EditError("a Dockerfile takes text")
    if len(path) == 1:
        return _instruction(text, *_extent(where), value)
    if path[-1] == "trigger" or (path[-1] == "keyword" and value is REMOVE):
        raise EditError("an instruction has to keep its keyword, and ONBUILD its trigger")
    start, end = _extent(where) if value is REMOVE else _offsets(where, where.location.span)
    as_json = text.startswith('"', start) and _is_json(before, edit)
    if value is REMOVE:
        return _without(text, start, end, is_flag="flags" in path, as_json=as_json)
    return _written(text, start, end, str(value), as_json=as_json)


def _offsets(where: Node, span: Span | None) -> tuple[int, int]:
    if span is None:
        raise EditError("a word without a place")
    starts = where.source.places.lines.starts
    return starts[span.line - 1] + span.column - 1, starts[span.end_line - 1] + span.end_column - 1


def _extent(where: Node) -> tuple[int, int]:
    return _offsets(where, where.source.places.extent(where.path))


def _is_json(before: Dockerfile, edit: Edit) -> bool:
    """Whether the words of the instruction are the strings of a JSON array."""
    index = edit.where.path[0]
    instruction = before.node[index]
    return instruction.get("json") is True or instruction.get("trigger", "json") is True


def _instruction(text: str, start: int, end: int, value: object) -> Replacement:
    """Remove it, put lines before it, or say something else in its place."""
    if value is REMOVE:
        return without_lines(text, start, end)
    new = str(value)
    if not new.endswith("\n"):
        return Replacement(start, end, new)
    behind = line_break(text) + text[line_start(text, start) : start]
    return Replacement(start, start, "".join(line + behind for line in new.splitlines()))


def _written(text: str, start: int, end: int, value: str, *, as_json: bool) -> Replacement:
    """Words that only follow the old one are put behind it, and leave it to other edits."""
    old = text[start:end]
    if as_json:
        value = ", ".join(json.dumps(word, ensure_ascii=False) for word in value.split())
    if value.startswith(old):
        return Replacement(end, end, value[len(old) :])
    return Replacement(start, end, value)


def _without(text: str, start: int, end: int, *, is_flag: bool, as_json: bool) -> Replacement:
    """A word with the gap before it; a flag, which something always follows, with that behind."""
    if is_flag:
        blanks = _BLANKS.match(text, end)
        return Replacement(start, blanks.end() if blanks else end, "")
    gap = (_COMMA if as_json else _GAP).search(text, max(0, start - _FAR), start)
    if gap is None:
        raise EditError("the first string of an array names the program")
    if gap.start() == line_start(text, start) and _CONTINUED.match(text, end):
        return without_lines(text, start, line_end(text, end))
    return Replacement(gap.start(), end, "")


_ANY = object()


def _as_meant(before: Dockerfile, after: Dockerfile, edits: Sequence[Edit]) -> bool:
    """Whether all but the edited instructions are what they were, and these still run the same."""
    old, new = _by_index(before), _by_index(after)
    inside = [edit for edit in edits if len(edit.where.path) > 1]
    touched = {edit.where.path[0] for edit in inside}
    expected: list[object] = []
    for index in sorted(old):
        own = {edit.value for edit in edits if edit.where.path == (index,)}
        lines = [str(value) for value in own if str(value).endswith("\n")]
        expected += [_ANY] * sum(line.count("\n") for line in lines)
        if REMOVE in own:
            continue
        if len(own) > len(lines):
            expected.append(_ANY)
        else:
            whole = old[index].node.value
            expected.append(_calls(old[index], inside) if index in touched else whole)
    return len(expected) == len(new) and all(
        want in (_ANY, _calls(new[index]) if isinstance(want, list) else new[index].node.value)
        for index, want in enumerate(expected)
    )


def _by_index(dockerfile: Dockerfile) -> dict[int, Instruction]:
    return {int(one.node.path[0]): one for one in dockerfile.instructions}


def _calls(instruction: Instruction, edits: Iterable[Edit] = ()) -> list[tuple[str, int]]:
    """The programs that are called, each with the number of words it has after the edits."""
    growth: Counter[Path] = Counter()
    for edit in edits:
        if edit.where.path[-2] == "words":
            count = 0 if edit.value is REMOVE else len(str(edit.value).split())
            growth[edit.where.path[:-2]] += count - 1
    return [
        (command.program, len(command.words) + growth[command.node.path])
        for one in (instruction, instruction.trigger)
        for command in (one.commands if one else ())
    ]
