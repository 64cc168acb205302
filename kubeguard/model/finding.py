"""What a check says (Problem) and what a reader sees (Finding)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import Enum
from pathlib import Path as File
from typing import Any, NamedTuple

from kubeguard.model.fix import Fix
from kubeguard.model.identity import Identity
from kubeguard.model.location import Location
from kubeguard.model.node import Node, Subject
from kubeguard.model.package import Inventory
from kubeguard.model.severity import Profile, Severity
from kubeguard.model.views import View


class Problem(NamedTuple):
    """One sentence, the node it is about, and the way out."""

    where: Node
    message: str
    fix: Fix | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Check:
    """A question asked of every view of one type.

    `kinds` narrows a check on Manifest to `Kind` or `Kind.group`, as kubectl writes them; empty
    means every kind. `like` are ids of the same rule in other tools, `refs` the framework sections
    it serves, `parameters` what `kubeguard.yaml` may set, with the defaults; `style` is for which
    tool a policy in Rego was written, '' for what is built in. `description` is what there is
    to read where there is no page.
    """

    id: str
    name: str
    title: str
    severity: Severity
    profile: Profile
    on: type[View]
    find: Callable[[Any], Iterable[Problem]]
    page: File
    kinds: frozenset[str] = frozenset()
    refs: tuple[str, ...] = ()
    like: tuple[str, ...] = ()
    parameters: Mapping[str, Any] = field(default_factory=dict)
    waivable: bool = True
    style: str = ""
    description: str = ""

    @property
    def family(self) -> str:
        """The folder the check lives in: `dockerfile`, `workload`, `rbac`, ..."""
        return self.page.parent.name


class Spelling(Enum):
    """Where a suppression was written."""

    COMMENT = "comment"
    ANNOTATION = "annotation"
    CONFIGURATION = "configuration"


class Suppression(NamedTuple):
    """Somebody's decision to live with a finding, until a date when one is given."""

    reason: str
    spelling: Spelling
    expires: date | None = None


class Excerpt(NamedTuple):
    """A few lines of the input around a finding, confidential values masked; `first` is 1-based."""

    first: int
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Finding:
    """A problem with its check, its severity and its place; made only by the engine."""

    check: Check
    severity: Severity
    message: str
    location: Location
    subject: Subject
    identity: Identity | str
    excerpt: Excerpt | None = None
    fix: Fix | None = None
    suppression: Suppression | None = None
    known: bool = False
    """In the baseline: reported, but no reason to fail."""

    @property
    def fingerprint(self) -> str:
        """Stays the same when lines move, files are reordered or something else is edited."""
        from hashlib import blake2b

        key = f"{self.check.id}\0{self.identity}"
        return blake2b(key.encode(errors="surrogatepass"), digest_size=16).hexdigest()

    @property
    def counts(self) -> bool:
        """Neither suppressed nor in the baseline."""
        return self.suppression is None and not self.known


class Fault(NamedTuple):
    """A check that crashed: never silent, never fatal to the others."""

    check: str
    source: str
    reason: str


class Outcome(Enum):
    """What became of an input."""

    JUDGED = "judged"
    SKIPPED = "skipped"
    FAILED = "failed"


class Account(NamedTuple):
    """One input and what became of it.

    `objects` counts what was judged inside it, `unknown_schemas` those of them that no schema of
    this run describes: judged by their shape, but not validated.
    """

    source: str
    outcome: Outcome
    what: str
    reason: str = ""
    objects: int = 0
    unknown_schemas: int = 0


@dataclass(frozen=True, slots=True)
class Report:
    """The only thing that leaves the engine: all that a format or an exit code needs."""

    findings: tuple[Finding, ...] = ()
    faults: tuple[Fault, ...] = ()
    accounts: tuple[Account, ...] = ()
    inventories: tuple[Inventory, ...] = ()
    """Of each image, when somebody wants to know what is installed."""

    def at_least(self, floor: Severity) -> tuple[Finding, ...]:
        """The findings that count, at or above a severity."""
        return tuple(f for f in self.findings if f.severity >= floor and f.counts)

    def count(self, outcome: Outcome) -> int:
        """How many inputs ended this way."""
        return sum(account.outcome is outcome for account in self.accounts)

    @property
    def complete(self) -> bool:
        """Nothing crashed, nothing was unreadable, and something was judged at all."""
        return not self.faults and not self.count(Outcome.FAILED) and self.count(Outcome.JUDGED) > 0
