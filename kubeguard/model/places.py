"""How a view asks where in its text something stands; the readers know."""

from __future__ import annotations

from typing import Protocol, runtime_checkable

from kubeguard.model.lines import Lines
from kubeguard.model.location import Path, Span


class Places(Protocol):
    """Knows where in the text a path lies."""

    @property
    def lines(self) -> Lines:
        """The text and its line table."""

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

    lines = Lines("")

    def span(self, _: Path) -> Span | None:
        return None

    key_span = extent = span


NOWHERE = Nowhere()
