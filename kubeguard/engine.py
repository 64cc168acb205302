"""Views times checks. No files, no printing, no exit codes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Protocol

from kubeguard.model.bundle import Bundle
from kubeguard.model.cluster import NEWEST, Cluster
from kubeguard.model.credentials import mask, mask_all_values
from kubeguard.model.finding import (
    Account,
    Check,
    Excerpt,
    Fault,
    Finding,
    Outcome,
    Problem,
    Report,
)
from kubeguard.model.identity import Identity
from kubeguard.model.manifest import Container, Manifest, Workload
from kubeguard.model.node import Node, Source
from kubeguard.model.reading import Reading
from kubeguard.model.trouble import Trouble
from kubeguard.model.views import View


class Schemas(Protocol):
    """Judges an object against the schema of its kind."""

    def troubles(self, manifest: Manifest, /) -> Iterable[Trouble]: ...

    def known(self, manifest: Manifest, /) -> bool: ...


class Suppressions(Protocol):
    """Somebody's decisions to live with findings, and what is wrong with them."""

    def apply(
        self, reading: Reading, findings: Iterable[Finding], /
    ) -> tuple[list[Finding], list[Trouble]]: ...

    def exempt(self, reading: Reading, findings: Iterable[Finding], /) -> list[Finding]: ...

    def leftovers(self, whole: bool, /) -> list[Trouble]: ...


@dataclass(frozen=True, slots=True)
class Settings:
    """What an audit needs besides readings and checks.

    `schemas` makes the judge of schemas from all objects (CRDs are among them), `context` is how
    many lines stand around an excerpt's own, `whole` says that the run is not a part of something.
    """

    version: tuple[int, int] = NEWEST
    schemas: Callable[[tuple[Node, ...]], Schemas] | None = None
    suppressions: Suppressions | None = None
    context: int = 0
    whole: bool = True


DEFAULTS = Settings()


def audit(
    readings: Iterable[Reading], checks: Iterable[Check], settings: Settings = DEFAULTS
) -> Report:
    """Ask every check about every view it is on, then about all of them together."""
    return _Audit(tuple(readings), tuple(checks), settings).report()


@dataclass(frozen=True, slots=True)
class _Table:
    """Checks by the type of view they are on; those on manifests also by kind."""

    by_view: dict[type[View], tuple[Check, ...]]
    by_kind: dict[str, tuple[Check, ...]] = field(default_factory=dict)

    @classmethod
    def of(cls, checks: tuple[Check, ...]) -> _Table:
        return cls({on: tuple(c for c in checks if c.on is on) for on in {c.on for c in checks}})

    def on(self, view: type[View]) -> tuple[Check, ...]:
        return self.by_view.get(view, ())

    def on_manifest(self, kind: str) -> tuple[Check, ...]:
        found = self.by_kind.get(kind)
        if found is None:
            found = tuple(c for c in self.on(Manifest) if not c.kinds or kind in c.kinds)
            self.by_kind[kind] = found
        return found


class _Audit:
    """One run over one set of readings."""

    def __init__(
        self, readings: tuple[Reading, ...], checks: tuple[Check, ...], settings: Settings
    ) -> None:
        self.readings = readings
        self.table = _Table.of(checks)
        self.settings = settings
        self.faults: list[Fault] = []
        self.unknown: Counter[str] = Counter()
        self.excerpts = _Excerpts(settings.context)

    def report(self) -> Report:
        objects = tuple(node for reading in self.readings for node in reading.objects)
        cluster = Cluster.of(objects, self.settings.version)
        schemas = self.settings.schemas(objects) if self.settings.schemas else None
        manifests: list[Manifest] = []
        found: list[list[Finding]] = []
        numbers: dict[str, int] = {}
        for number, reading in enumerate(self.readings):
            own = [Manifest(node, cluster) for node in reading.objects]
            manifests += own
            found.append(list(self._reading(reading, own, schemas)))
            numbers.setdefault(reading.name, number)
        for finding in self._ask(Bundle(tuple(manifests)), self.table.on(Bundle)):
            found[numbers[finding.location.source]].append(finding)
        return Report(
            tuple(self._settled(found)),
            tuple(self.faults),
            tuple(self._account(reading) for reading in self.readings),
        )

    def _settled(self, found: list[list[Finding]]) -> Iterator[Finding]:
        """The findings in the order of their places, marked where somebody lives with them."""
        suppressions = self.settings.suppressions
        for reading, own in zip(self.readings, found, strict=True):
            if suppressions:
                own, troubles = suppressions.apply(reading, own)
                own += suppressions.exempt(reading, self._told(troubles))
            yield from sorted(own, key=_order)
        if suppressions:
            yield from self._told(suppressions.leftovers(self.settings.whole))

    def _told(self, troubles: Iterable[Trouble]) -> list[Finding]:
        checks = self.table.on(Trouble)
        return [finding for trouble in troubles for finding in self._ask(trouble, checks)]

    def _reading(
        self, reading: Reading, manifests: list[Manifest], schemas: Schemas | None
    ) -> Iterator[Finding]:
        yield from self._told(reading.troubles)
        if reading.dockerfile:
            yield from self._walk(reading.dockerfile)
        on_workload, on_container = self.table.on(Workload), self.table.on(Container)
        for manifest in manifests:
            yield from self._ask(manifest, self.table.on_manifest(manifest.group_kind))
            for workload in manifest.workloads:
                yield from self._ask(workload, on_workload)
                for container in workload.containers:
                    yield from self._ask(container, on_container)
            if schemas:
                self.unknown[reading.name] += not schemas.known(manifest)
                yield from self._told(schemas.troubles(manifest))

    def _account(self, reading: Reading) -> Account:
        judged = len(reading.objects) or 1 if reading.outcome is Outcome.JUDGED else 0
        unknown = self.unknown[reading.name]
        return Account(reading.name, reading.outcome, reading.what, reading.reason, judged, unknown)

    def _walk(self, view: View) -> Iterator[Finding]:
        yield from self._ask(view, self.table.on(type(view)))
        for part in view.parts():
            yield from self._walk(part)

    def _ask(self, view: View, checks: tuple[Check, ...]) -> Iterator[Finding]:
        for check in checks:
            try:
                for problem in check.find(view):
                    yield self._finding(check, problem)
            except Exception as error:  # a broken check must not hide the others
                name = view.node.source.name
                self.faults.append(Fault(check.id, name, f"{type(error).__name__}: {error}"))

    def _finding(self, check: Check, problem: Problem) -> Finding:
        where = problem.where
        return Finding(
            check=check,
            severity=check.severity,
            message=problem.message,
            location=(location := where.location),
            subject=where.source.subject,
            identity=Identity(where),
            excerpt=self.excerpts.of(where.source, location.span.line) if location.span else None,
            fix=problem.fix,
        )


class _Excerpts:
    """Masked lines of the inputs, each made once."""

    def __init__(self, context: int) -> None:
        self.context = context
        self.cache: dict[tuple[str, int], Excerpt] = {}

    def of(self, source: Source, line: int) -> Excerpt:
        key = (source.name, line)
        found = self.cache.get(key)
        if found is None:
            lines = source.places.lines
            first = max(line - self.context, 1)
            last = min(line + self.context, len(lines.starts))
            hide = mask_all_values if source.secret else mask
            found = Excerpt(first, tuple(hide(lines.line(n)) for n in range(first, last + 1)))
            self.cache[key] = found
        return found


def _order(finding: Finding) -> tuple[int, int, str]:
    span = finding.location.span
    return (span.line, span.column, finding.check.id) if span else (0, 0, finding.check.id)
