"""Find every check once, and refuse a bad set loudly."""

from __future__ import annotations

import importlib
import os
import re
from collections.abc import Iterable
from functools import cache

from kubeguard import checks
from kubeguard.errors import CatalogueError
from kubeguard.model.finding import Check
from kubeguard.model.reading import Reading

_ID = "KG[1-9][0-9]{3}"
_ALWAYS = ("scan",)
_ON_DOCKERFILES = ("dockerfile",)
_ON_IMAGES = ("image", "vulnerability")
_ON_BOTH = ("join",)


@cache
def load_checks() -> tuple[Check, ...]:
    """The built-in checks in the order of their ids. Raises CatalogueError."""
    return verified(check for family in _families() for check in _family(family))


def checks_for(readings: Iterable[Reading], facts: bool = False) -> tuple[Check, ...]:
    """The built-in checks that have something to look at in these inputs, by id.

    The others are not even imported: half the time of a small scan is the loading of its checks.
    `facts`: images are known also when none is among the inputs.
    """
    dockerfiles = objects = images = False
    for reading in readings:
        images = images or bool(reading.images or reading.facts)
        dockerfiles = dockerfiles or reading.dockerfile is not None
        objects = objects or bool(reading.objects)
    has_something = {
        **dict.fromkeys(_ALWAYS, True),
        **dict.fromkeys(_ON_DOCKERFILES, dockerfiles),
        **dict.fromkeys(_ON_IMAGES, images),
        **dict.fromkeys(_ON_BOTH, objects and (images or facts)),
    }
    wanted = [family for family in _families() if has_something.get(family, objects)]
    return _by_id(check for family in wanted for check in _family(family))


def verified(found: Iterable[Check]) -> tuple[Check, ...]:
    """The checks by id, each id and name claimed once. Raises CatalogueError."""
    found = tuple(found)
    ids: set[str] = set()
    names: set[str] = set()
    for check in found:
        if not re.fullmatch(_ID, check.id):
            raise CatalogueError(f"{check.id!r} is no check id: KG and four digits")
        if check.id in ids or check.name in names:
            raise CatalogueError(f"{check.id} {check.name}: the id or the name is taken")
        ids.add(check.id)
        names.add(check.name)
    return _by_id(found)


def _by_id(found: Iterable[Check]) -> tuple[Check, ...]:
    return tuple(sorted(found, key=lambda check: check.id))


def _families() -> list[str]:
    """The folders of checks; none of them is imported by being listed."""
    return sorted(
        entry.name
        for folder in checks.__path__
        for entry in os.scandir(folder)
        if entry.is_dir() and entry.name.isidentifier() and not entry.name.startswith("_")
    )


@cache
def _family(family: str) -> tuple[Check, ...]:
    """The checks of one folder, a module each."""
    package = importlib.import_module(f"{checks.__name__}.{family}")
    names = sorted(
        entry.name.removesuffix(".py")
        for folder in package.__path__
        for entry in os.scandir(folder)
        if entry.name.endswith(".py") and not entry.name.startswith("_")
    )
    return tuple(_check(f"{package.__name__}.{name}") for name in names)


def _check(module: str) -> Check:
    name = module.rpartition(".")[2]
    found = getattr(importlib.import_module(module), name, None)
    if not isinstance(found, Check):
        raise CatalogueError(f"{module} does not define a check called {name!r}")
    return found
