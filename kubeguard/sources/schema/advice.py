"""What somebody who wrote an unknown field probably meant."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator
from functools import lru_cache
from itertools import chain, islice, takewhile
from typing import NamedTuple

from kubeguard.model.location import Path, dotted
from kubeguard.sources.schema.shape import Json, Shape

SURE, MAYBE = 0.8, 0.65
LEVELS = 3
LONGEST = 80


class Advice(NamedTuple):
    """How the message goes on after the fact, and what to do."""

    clue: str = ""
    hint: str = "remove it, or check its spelling and its indentation"


def on_field(shape: Shape, path: Path, name: str, present: Iterable[str]) -> Advice:
    """Where a field unknown in the mapping at `path` belongs, or what it is called there.

    A near miss on the spot is likelier than the right name elsewhere, and that likelier than a
    distant resemblance; a field that is `present` already was not meant.
    """
    way = shape.along(path)
    if len(way) <= len(path) or len(name) > LONGEST:
        return Advice()
    own = way[-1].get("properties", {})
    free = own.keys() - set(present)
    attempts: tuple[Callable[[], Advice | None], ...] = (
        lambda: _spelling(name, free, SURE),
        lambda: _elsewhere(shape, path, name),
        lambda: _spelling(name, free, MAYBE),
        lambda: _inside(shape, way[-1], name),
    )
    return next((advice for attempt in attempts if (advice := attempt())), Advice())


def closest(name: str, names: Iterable[str], cutoff: float = MAYBE) -> str | None:
    """The name most like this one, whatever the case."""
    from difflib import get_close_matches

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


def _elsewhere(shape: Shape, path: Path, name: str) -> Advice | None:
    found = _home(shape, tuple(0 if isinstance(key, int) else key for key in path), name)
    if found is None:
        return None
    pairs = zip(found, path, strict=False)
    above = tuple(key for _, key in takewhile(lambda pair: pair[0] in (pair[1], 0), pairs))
    below = map(str, found[len(above) :])
    place = ".".join(filter(None, (dotted(above), *below))) or "the top level"
    return Advice(f"; it belongs in {place}", f"move it to {place}")


@lru_cache(maxsize=4096)
def _home(shape: Shape, path: Path, name: str) -> Path | None:
    """A place that does have the field: above, below, or below what is above under the same key.

    Remembered, as the same slip is made in a hundred files; that is why `path` has only zeros.
    """
    way = shape.along(path)
    above = range(len(way) - 2, -1, -1)
    key = next((key for key in reversed(path) if isinstance(key, str)), None)
    places = chain(
        (path[:depth] for depth in above if name in way[depth].get("properties", {})),
        _below(shape, way[-1], name, path),
        (
            place
            for depth in above
            for place in _below(shape, way[depth], name, path[:depth])
            if str(place[-1]).removesuffix("[]") == key
        ),
    )
    return next(places, None)


def _below(shape: Shape, top: Json, name: str, start: Path) -> Iterator[Path]:
    """Breadth first, so that the nearest place comes first; `spec.template.spec` is three down."""
    waiting = deque([(start, top, 0)])
    while waiting:
        place, schema, level = waiting.popleft()
        if level and name in schema.get("properties", {}):
            yield place
        if level < LEVELS:
            waiting += (
                ((*place, key), child, level + 1)
                for key, child in islice(shape.entries(schema), 200)
            )
