"""Where a finding of a policy is: at its path, at the container it names, else at the object."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from kubeguard.model.dockerfile import Dockerfile, Instruction
from kubeguard.model.location import Path
from kubeguard.model.manifest import Container, Manifest
from kubeguard.model.node import Node
from kubeguard.model.places import CommentedPlaces
from kubeguard.model.views import View

_STEP = re.compile(
    r"""\[\s*(?:"(?P<double>(?:[^"\\]|\\.)*)"|'(?P<single>(?:[^'\\]|\\.)*)'"""
    r"""|(?P<bare>[^\]]*?))\s*\]|\.?(?P<name>[^.\[\]]+)""",
    re.DOTALL,
)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ROOTS = ("$", "input", "object", "review")
_QUOTED = re.compile(r"""(['"`])([^'"`\s]{2,})\1""")
_MAX_DIGITS = 9
_TELLING = 3
"""Shorter words stand in any message."""
_NAMED = re.compile(r"name\s*=\s*(.+)")


def to_pointer(path: Path) -> str:
    """The path as a JSON pointer (RFC 6901): `/spec/containers/0`, '' for the whole."""
    return "".join(f"/{str(step).replace('~', '~0').replace('/', '~1')}" for step in path)


def steps(path: object) -> tuple[str | int, ...]:
    """The steps of a path: a list, a JSON pointer, or text such as `spec.containers[0]["a.b"]`.

    Nothing for anything else.
    """
    if isinstance(path, list | tuple):
        return tuple(step for step in path if isinstance(step, str | int))
    if not isinstance(path, str):
        return ()
    if path.startswith("/"):
        return tuple(s.replace("~1", "/").replace("~0", "~") for s in path[1:].split("/"))
    found = tuple(_step(match) for match in _STEP.finditer(path))
    return found[1:] if found and found[0] in _ROOTS else found


def _step(found: re.Match[str]) -> str | int:
    quoted = found["double"] if found["double"] is not None else found["single"]
    if quoted is not None:
        return _ESCAPED.sub(r"\1", quoted)
    bare = found["bare"]
    if bare is not None:
        return int(bare) if is_index(bare) else bare
    return found["name"].strip()


def is_index(step: str) -> bool:
    """Whether text is a position in a list."""
    return step.isdecimal() and len(step) <= _MAX_DIGITS


def descend(node: Node, path: Sequence[str | int]) -> Node | None:
    """The node at a path, missing or not; None when not even its first step is there.

    A key with dots in it is found also where the dots were taken for steps, an item of a list also
    by its name.
    """
    here, rest = node, list(path)
    while rest:
        step, taken = _next(here, rest)
        if here is node and here.get(step) is None:
            return None
        here, rest = here[step], rest[taken:]
    return here if path else None


def _next(here: Node, rest: Sequence[str | int]) -> tuple[str | int, int]:
    """The step that leads on, and how many of the given ones it takes."""
    step = rest[0]
    if isinstance(here.value, list):
        return _index(here.value, step), 1
    mapping = here.mapping
    if step in mapping:
        return str(step), 1
    for taken in range(2, len(rest) + 1):
        joined = ".".join(map(str, rest[:taken]))
        if joined in mapping:
            return joined, taken
    return str(step), 1


def _index(items: list[object], step: str | int) -> int:
    if isinstance(step, int) or is_index(step):
        return int(step)
    named = _NAMED.fullmatch(step)
    name = named[1].strip("'\"") if named else step
    found = (i for i, item in enumerate(items) if isinstance(item, dict) and _named(item, name))
    return next(found, len(items))


def _named(item: dict[str, object], name: str) -> bool:
    return item.get("name") == name


def container(view: View, name: str) -> Node | None:
    """The container of this name, whatever its role."""
    found = (each.node for each in _containers(view) if each.name == name)
    return next(found, None)


def mentioned(view: View, message: str) -> Node | None:
    """What a message names: a container of an object, an instruction of a Dockerfile."""
    if isinstance(view, Dockerfile):
        return _instruction(view, message)
    return _container(view, message)


def _container(view: View, message: str) -> Node | None:
    """The container named first: in quotes, or behind the word container.

    A name that the object has too is taken for the object's when it only stands in quotes.
    """
    found: list[tuple[int, Node]] = []
    own = view.name if isinstance(view, Manifest) else ""
    for each in _containers(view):
        if not each.name or each.name not in message:
            continue
        name = re.escape(each.name)
        pattern = rf"(?i:\bcontainers?)\b(?:\W{{0,3}}|[^.:;]{{0,40}}: ){name}(?![\w-])"
        if each.name != own:
            pattern += rf"|(?P<q>['\"`]){name}(?P=q)|<{name}>|\[{name}\]"
        if place := re.search(pattern, message):
            found.append((place.start(), each.node))
    return min(found, key=lambda entry: entry[0])[1] if found else None


def _instruction(view: Dockerfile, message: str) -> Node | None:
    """The instruction of which a message quotes most, else the first with a word that it quotes."""
    quoted = [(len(value), each.node) for each, value in _values(view) if value in message]
    if quoted:
        return max(quoted, key=lambda entry: entry[0])[1]
    for found in _QUOTED.finditer(message):
        for each, value in _values(view):
            if re.search(rf"(?<![\w-]){re.escape(found[2])}(?![\w-])", value):
                return each.node
    return None


def _values(view: Dockerfile) -> Iterator[tuple[Instruction, str]]:
    """The words of each instruction, and the lines of its here-documents."""
    for each in view.instructions:
        told = each.trigger or each
        lines = (line.strip() for h in told.heredocs for line in h.body.text.splitlines())
        for value in (*(word.node.text for word in told.words), *lines):
            if len(value) >= _TELLING:
                yield each, value


def _containers(view: View) -> Iterator[Container]:
    if isinstance(view, Manifest):
        for workload in view.workloads:
            yield from workload.containers


def whole(view: View) -> Node:
    """The place of what speaks about all of it: the name of an object, the last FROM."""
    if isinstance(view, Dockerfile):
        final = view.final
        return final.instructions[0].node if final else next(view.instructions, view).node
    node = view.node
    for path in (("metadata", "name"), ("metadata", "generateName"), ("kind",)):
        if node.get(*path) is not None:
            return node.at(*path)
    return node


def on_lines(view: View, first: int, last: int = 0) -> Node | None:
    """The entry of the object that begins on a line and ends on another, else the outermost one
    that begins there; lines are 1-based."""
    node = view.node
    places = node.source.places
    if not isinstance(places, CommentedPlaces):
        return None
    inside = [p for p in places.starting(first) if p[: len(node.path)] == node.path]
    for path in inside:
        extent = places.extent(path)
        if extent and extent.end_line == last:
            return _below(node, path)
    return _below(node, inside[0]) if inside else None


def _below(node: Node, path: Path) -> Node:
    return node.at(*path[len(node.path) :])
