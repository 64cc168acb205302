"""What somebody who wrote an unknown field probably meant."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from difflib import get_close_matches
from itertools import islice
from typing import NamedTuple

from kubeguard.model.location import Path, dotted
from kubeguard.sources.schema.shape import Json, Shape

SURE, MAYBE = 0.8, 0.65
LEVELS = 3


class Advice(NamedTuple):
    """How the message goes on after the fact, and what to do."""

    clue: str = ""
    hint: str = "remove it, or check its spelling and its indentation"


def on_field(shape: Shape, path: Path, name: str, present: Iterable[str]) -> Advice:
    """Where a field unknown in the mapping at `path` belongs, or what it is called there.

    A near miss on the spot is likelier than the right name elsewhere, and that likelier than a
    distant resemblance; a field that is `present` already was not meant.
    """
    chain = shape.along(path)
    own = chain[-1].get("properties", {}) if len(chain) > len(path) else {}
    free = own.keys() - set(present)
    attempts: tuple[Callable[[], Advice | None], ...] = (
        lambda: _spelling(name, free, SURE),
        lambda: _elsewhere(shape, chain, path, name),
        lambda: _spelling(name, free, MAYBE),
        lambda: _inside(shape, chain[-1], name),
    )
    return next((advice for attempt in attempts if (advice := attempt())), Advice())


def closest(name: str, names: Iterable[str], cutoff: float = MAYBE) -> str | None:
    """The name most like this one, whatever the case."""
    known = {candidate.lower(): candidate for candidate in names}
    found = get_close_matches(name[:80].lower(), known, n=1, cutoff=cutoff)
    return known[found[0]] if found else None


def _spelling(name: str, names: Iterable[str], cutoff: float) -> Advice | None:
    meant = closest(name, names, cutoff)
    return Advice(f"; did you mean {meant!r}?", f"rename it to {meant!r}") if meant else None


def _inside(shape: Shape, schema: Json, name: str) -> Advice | None:
    """A label written straight into a selector, or a field misspelt and one level too high."""
    if "matchLabels" in schema.get("properties", {}):
        return Advice("; labels go into 'matchLabels'", f"move {name!r} into 'matchLabels'")
    for key, child in shape.entries(schema):
        if meant := closest(name, child.get("properties", {}), SURE):
            return Advice(f"; did you mean {meant!r} in {key}?", f"move it to {key}.{meant}")
    return None


def _elsewhere(shape: Shape, chain: list[Json], path: Path, name: str) -> Advice | None:
    place = next(_homes(shape, chain, path, name), None)
    if place is None:
        return None
    place = place or "the top level"
    return Advice(f"; it belongs in {place}", f"move it to {place}")


def _homes(shape: Shape, chain: list[Json], path: Path, name: str) -> Iterator[str]:
    """Places that do have the field: above, below, then below what is above under the same key."""
    above = range(len(chain) - 2, -1, -1)
    for depth in above:
        if name in chain[depth].get("properties", {}):
            yield dotted(path[:depth])
    yield from _below(shape, chain[-1], name, path)
    key = next((key for key in reversed(path) if isinstance(key, str)), None)
    for depth in above:
        for place in _below(shape, chain[depth], name, path[:depth]):
            if place.rpartition(".")[2].removesuffix("[]") == key:
                yield place


def _below(shape: Shape, top: Json, name: str, path: Path) -> Iterator[str]:
    """Breadth first, so that the nearest place comes first; `spec.template.spec` is three down."""
    start = dotted(path)
    waiting = deque([(start, top, 0)])
    while waiting:
        place, schema, level = waiting.popleft()
        if level and name in schema.get("properties", {}):
            yield place
        if level < LEVELS:
            waiting += (
                (f"{place}.{key}" if place else key, child, level + 1)
                for key, child in islice(shape.entries(schema), 200)
            )
