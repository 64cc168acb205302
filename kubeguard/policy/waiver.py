"""One suppression that stands in a judged text, and exactly what it covers."""

from __future__ import annotations

from dataclasses import dataclass

from kubeguard.model.finding import Finding, Spelling, Suppression
from kubeguard.model.fix import advise
from kubeguard.model.location import Path, Span
from kubeguard.model.node import Node
from kubeguard.model.trouble import Trouble, TroubleKind
from kubeguard.policy.grammar import MalformedError, Written
from kubeguard.policy.names import Names


@dataclass(frozen=True, slots=True)
class Scope:
    """Entries of a document by their paths, and whatever has its place inside `extent`.

    The extent matters where path and place differ: what an alias or a merge key brings in has its
    place at the anchor, and a Dockerfile is covered by lines.
    """

    document: int = 0
    paths: tuple[Path, ...] = ()
    extent: Span | None = None

    def encloses(self, finding: Finding) -> bool:
        """Whether the finding, in the same document, has its place inside the extent."""
        extent, span = self.extent, finding.location.span
        if extent is None or span is None:
            return False
        begins = span.line, span.column
        return (extent.line, extent.column) <= begins < (extent.end_line, extent.end_column)


@dataclass(frozen=True, slots=True, eq=False)
class Waiver:
    """A suppression by ids of checks; `place` is where it is written."""

    checks: tuple[str, ...]
    suppression: Suppression
    place: Node
    scope: Scope


def waiver(written: Written, spelling: Spelling, place: Node, scope: Scope, names: Names) -> Waiver:
    """The suppression with its checks looked up. Raises MalformedError for unknown names."""
    ids = []
    for name in written.checks:
        found = names.check(name)
        if found is None:
            raise MalformedError(f"no check is called {name[:60]!r}", names.hint(name))
        ids.append(found)
    return Waiver(
        tuple(dict.fromkeys(ids)),
        Suppression(written.reason, spelling, written.until),
        place,
        scope,
    )


def complain(place: Node, error: MalformedError) -> Trouble:
    """What a malformed suppression is reported as."""
    kind = TroubleKind.MALFORMED_SUPPRESSION
    return Trouble(place, kind, f"{error.message}, so nothing is suppressed", advise(error.hint))
