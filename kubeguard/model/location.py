"""Where a finding is: first symbolically, then on a line."""

import re
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

Path = tuple[str | int, ...]
_PLAIN_KEY = re.compile(r"[\w-]+")


class Span(NamedTuple):
    """One-based lines and columns in characters; the end is exclusive."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True)
class Location:
    """A path inside one document of a source, with its span when the source has text."""

    source: str
    path: Path
    span: Span | None = None
    document: int = 0

    def __str__(self) -> str:
        if self.span:
            return f"{self.source}:{self.span.line}:{self.span.column}"
        return f"{self.source}:{dotted(self.path)}" if self.path else self.source


@lru_cache(maxsize=4096)
def dotted(path: Path) -> str:
    """The path as kubectl writes it: `spec.containers[0].image`; one of a file is as it is."""
    text = ""
    for key in path:
        if isinstance(key, int):
            text += f"[{key}]"
        elif key.startswith("/") and not text:
            text = key
        elif _PLAIN_KEY.fullmatch(key):
            text += f".{key}" if text else key
        else:
            text += f"[{key!r}]"
    return text
