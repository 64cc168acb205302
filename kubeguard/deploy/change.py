"""What applying would do to one thing."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Iterator, Mapping
from enum import StrEnum
from typing import Any, NamedTuple

from kubeguard.cluster.text import document


class Kind(StrEnum):
    """What happens to it."""

    CREATE = "create"
    CHANGE = "change"
    KEEP = "keep"
    DELETE = "delete"
    REFUSE = "refuse"


class Change(NamedTuple):
    """What it is called, what happens to it, and the lines of a unified diff, or the reason."""

    kind: Kind
    name: str
    lines: tuple[str, ...] = ()


def difference(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[str]:
    """The lines of a unified diff, without its head."""
    old, new = (document(each).splitlines() for each in (before, after))
    for line in difflib.unified_diff(old, new, n=2, lineterm=""):
        if line.startswith("@@"):
            yield "..."
        elif not line.startswith(("---", "+++")):
            yield line


def fingerprint(value: object) -> str:
    """A secret that can be told from others, and no more."""
    return f"(secret, {hashlib.sha256(str(value).encode()).hexdigest()[:8]})"
