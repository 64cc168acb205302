"""Where a finding is: first symbolically, then on a line."""

import re
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

Path = tuple[str | int, ...]
_PLAIN_KEY = re.compile(r"[\w-]+")


@dataclass(frozen=True, slots=True)
class Span:
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
        return f"{self.source}:{dotted(self.path)}"


def dotted(path: Path) -> str:
    """The path as kubectl writes it: `spec.containers[0].image`."""
    text = ""
    for key in path:
        if isinstance(key, int):
            text += f"[{key}]"
        elif _PLAIN_KEY.fullmatch(key):
            text += f".{key}" if text else key
        else:
            text += f"[{key!r}]"
    return text


class Places(Protocol):
    """Knows where in the text a path lies."""

    def span(self, path: Path, /) -> Span | None:
        """The span of the value at `path`, or of the nearest ancestor that is in the text.

        A scalar is where its value is; a mapping or list is where the key that names it is.
        """

    def key_span(self, path: Path, /) -> Span | None:
        """The span of the last key of `path`, or that of its nearest ancestor."""

    def extent(self, path: Path, /) -> Span | None:
        """From the first character of the entry (its key or dash) to the last of its value."""


@runtime_checkable
class CommentedPlaces(Places, Protocol):
    """Places in a text whose comments stand at its entries."""

    def starting(self, line: int, /) -> tuple[Path, ...]:
        """The entries that begin on a line, outermost first; `()` is the whole document."""

    def is_comment(self, line: int, column: int, /) -> bool:
        """Whether a `#` here begins a comment, rather than standing inside a value."""


class Nowhere:
    """Places of data that has no text, such as an object in an admission review."""

    def span(self, _: Path) -> Span | None:
        return None

    key_span = extent = span


NOWHERE = Nowhere()
