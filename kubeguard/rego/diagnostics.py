"""What is wrong with a policy, at its place in the policy."""

from __future__ import annotations

from pathlib import Path as File

from kubeguard.model.lines import Lines
from kubeguard.model.location import Path, Span
from kubeguard.model.node import Node, Source
from kubeguard.model.places import Nowhere
from kubeguard.model.trouble import Trouble, TroubleKind
from kubeguard.rego.engine import Diagnostic


class _Spot(Nowhere):
    """One place in a text, whatever path is asked for: from a column to the end of its line."""

    def __init__(self, text: str, line: int, column: int) -> None:
        self.lines = Lines(text)
        width = max(len(self.lines.line(line)) - column + 1, 1)
        self._span = Span(line, column, line, column + width)

    def span(self, _: Path) -> Span | None:
        return self._span

    key_span = extent = span


def trouble(kind: TroubleKind, said: Diagnostic, message: str = "") -> Trouble:
    """The diagnostic as a trouble; `message` when more is to be said than OPA does."""
    name = said.file or "policies"
    if not said.line:
        return Trouble(Node(None, Source(name)), kind, message or said.message)
    text = _text(said)
    source = Source(name, text, _Spot(text, said.line, max(said.column, 1)))
    return Trouble(Node(said.text, source), kind, message or said.message)


def _text(said: Diagnostic) -> str:
    """The policy as it lies on the disk; out of an archive, the one line that OPA quotes."""
    try:
        text = File(said.file).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        text = ""
    return text or "\n" * (said.line - 1) + said.text
