"""Find every check once, and refuse a bad set loudly."""

from __future__ import annotations

import importlib
import pkgutil
import re
from collections.abc import Iterable
from functools import cache

from kubeguard import checks
from kubeguard.errors import CatalogueError
from kubeguard.model.finding import Check

_ID = re.compile(r"KG[1-9][0-9]{3}")


@cache
def load_checks() -> tuple[Check, ...]:
    """The built-in checks in the order of their ids. Raises CatalogueError."""
    return verified(_builtin())


def _builtin() -> Iterable[Check]:
    for info in pkgutil.walk_packages(checks.__path__, f"{checks.__name__}."):
        name = info.name.rpartition(".")[2]
        if info.ispkg or name == "kit" or name.startswith("_"):
            continue
        found = getattr(importlib.import_module(info.name), name, None)
        if not isinstance(found, Check):
            raise CatalogueError(f"{info.name} does not define a check called {name!r}")
        yield found


def verified(found: Iterable[Check]) -> tuple[Check, ...]:
    """The checks by id, each id and name claimed once. Raises CatalogueError."""
    by_id: dict[str, Check] = {}
    names: set[str] = set()
    for check in found:
        if not _ID.fullmatch(check.id):
            raise CatalogueError(f"{check.id!r} is no check id: KG and four digits")
        if check.id in by_id or check.name in names:
            raise CatalogueError(f"{check.id} {check.name}: the id or the name is taken")
        by_id[check.id] = check
        names.add(check.name)
    return tuple(check for _, check in sorted(by_id.items()))
