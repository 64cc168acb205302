"""Several processes read and judge a part of the inputs each; the findings are those of one.

A worker reads its part and sends a shadow of it: the objects without text and places, a fifth of
the whole. With all shadows the parent knows what the objects mean to each other (the cluster's
defaults, CRDs, checks on the bundle) and tells every worker, which then judges its part.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import accumulate
from typing import TYPE_CHECKING, Any, NamedTuple

from kubeguard import engine
from kubeguard.engine import Settings, World
from kubeguard.errors import KubeguardError
from kubeguard.model.cluster import STANDALONE, Cluster
from kubeguard.model.finding import (
    Account,
    Check,
    Excerpt,
    Fault,
    Finding,
    Problem,
    Report,
    Suppression,
)
from kubeguard.model.fix import Fix, Grade
from kubeguard.model.location import Location, Path, Span
from kubeguard.model.manifest import Manifest
from kubeguard.model.node import Node, Subject
from kubeguard.model.package import Inventory
from kubeguard.model.places import NOWHERE
from kubeguard.model.reading import Reading
from kubeguard.model.translation import UNTOLD
from kubeguard.model.trouble import Trouble
from kubeguard.sources.targets import Entry

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

WORTHWHILE = 16 * 1024 * 1024
"""Bytes of input from which a second process saves more than it costs (see benchmarks/)."""

Prepare = Callable[[Iterable[Reading]], tuple[Reading, ...]]
_CRD = "CustomResourceDefinition"


def processes(entries: Sequence[Entry], jobs: int) -> int:
    """How many processes to use: as many as asked for, with 0 as many as pay."""
    if sys.platform != "linux":
        return 1  # elsewhere a child starts from nothing, which costs more than it saves
    if jobs:
        return min(jobs, len(entries)) or 1
    cores = len(os.sched_getaffinity(0))
    return min(cores, sum(entry.size for entry in entries) // WORTHWHILE + 1)


def audit(
    entries: Sequence[Entry],
    load: Callable[[Entry], Reading],
    prepare: Prepare,
    checks: Sequence[Check],
    settings: Settings,
    jobs: int,
) -> Report:
    """What `engine.audit(prepare(map(load, entries)), checks, settings)` says.

    Raises KubeguardError when a worker dies.
    """
    workers: list[_Worker] = []
    try:
        for part in _parts(entries, jobs):
            life = partial(_work, entries=part, load=load, checks=checks, settings=settings)
            workers.append(_Worker(life, [worker.pipe for worker in workers]))
        shadows = [worker.shadows() for worker in workers]
        given = prepare(reading for own in shadows for reading in own)
        world = engine.survey(given, checks, settings)
        crds = [n for r in given for n in r.objects if n.get("kind") == _CRD]
        start = 0
        for worker, own in zip(workers, shadows, strict=True):
            worker.tell(_errand(own, given[start : start + len(own)], world, crds))
            start += len(own)
        reports = [worker.report(checks, settings) for worker in workers]
    finally:
        for worker in workers:
            worker.stop()
    return Report(
        tuple(f for report in reports for f in report.findings)
        + tuple(engine.leftovers(checks, settings)),
        world.faults + tuple(f for report in reports for f in report.faults),
        tuple(a for report in reports for a in report.accounts) + world.accounts,
        tuple(i for report in reports for i in report.inventories),
    )


def _parts(entries: Sequence[Entry], jobs: int) -> list[Sequence[Entry]]:
    """Neighbours stay together and in order; every part has about as many bytes."""
    before = [0, *accumulate(entry.size + 1 for entry in entries)]
    goals = [before[-1] * number // jobs for number in range(1, jobs)]
    cuts = [0, *(min(range(len(before)), key=lambda i: abs(before[i] - goal)) for goal in goals)]
    return [entries[a:b] for a, b in zip(cuts, [*cuts[1:], len(entries)], strict=True) if a < b]


_Light = tuple[str, str] | None
"""Hint and grade of a fix: its edits point into a tree that only the worker has."""


class _Errand(NamedTuple):
    """What a worker has to know of the others; `problems` are places by object and path."""

    changed: dict[int, Reading]
    cluster: Cluster
    crds: list[Node]
    problems: list[tuple[str, str, int, Path, Path, str, _Light]]


def _errand(
    own: Sequence[Reading], given: Sequence[Reading], world: World, crds: list[Node]
) -> _Errand:
    names = {reading.name for reading in own}
    cluster = next((m.cluster for ms in world.manifests for m in ms), STANDALONE)
    problems = [
        (c.id, name, w.source.document, w.source.root, w.path, p.message, _light(p.fix))
        for name, found in world.problems.items()
        if name in names
        for c, p in found
        for w in (p.where,)
    ]
    changed = {n: b for n, (a, b) in enumerate(zip(own, given, strict=True)) if a is not b}
    return _Errand(changed, cluster, crds, problems)


_Place = tuple[str, Path, tuple[int, int, int, int] | None, int]
_Row = tuple[str, str, _Place, Subject, str, Excerpt | None, _Light, Suppression | None]
_Rest = tuple[tuple[Fault, ...], tuple[Account, ...], tuple[Inventory, ...]]
_Result = tuple[list[_Row], _Rest, dict[int, set[str]]]


class _Worker:
    """A forked process and the pipe to it."""

    def __init__(self, life: Callable[[Connection], None], others: Iterable[Connection]) -> None:
        import multiprocessing

        context = multiprocessing.get_context("fork")
        self.pipe, far = context.Pipe()
        inherited = (*others, self.pipe)
        self.process = context.Process(target=_live, args=(life, far, inherited), daemon=True)
        self.process.start()
        far.close()

    def shadows(self) -> list[Reading]:
        """The readings of the worker without text and places."""
        answer: list[Reading] = self._receive()
        return answer

    def tell(self, errand: _Errand) -> None:
        with _alive():
            self.pipe.send(errand)

    def report(self, checks: Sequence[Check], settings: Settings) -> Report:
        """The worker's findings, as if they had been made here."""
        result: _Result = self._receive()
        rows, rest, used = result
        if settings.suppressions:
            settings.suppressions.merge(used)
        by_id = {check.id: check for check in checks}
        return Report(tuple(_finding(row, by_id) for row in rows), *rest)

    def stop(self) -> None:
        self.pipe.close()
        self.process.kill()
        self.process.join()

    def _receive(self) -> Any:
        with _alive():
            return self.pipe.recv()


@contextlib.contextmanager
def _alive() -> Iterator[None]:
    """Talking to a worker. Raises KubeguardError when it is dead."""
    try:
        yield
    except (EOFError, OSError):
        hint = "it may have run out of memory: try --jobs 1"
        raise KubeguardError("a worker process died", hint) from None


def _live(
    life: Callable[[Connection], None], pipe: Connection, inherited: Iterable[Connection]
) -> None:
    """A worker ends with its parent, who hears Ctrl-C for both."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for end in inherited:
        end.close()  # else the parent's death would not be seen
    with contextlib.suppress(EOFError, BrokenPipeError):
        life(pipe)


def _work(
    pipe: Connection,
    entries: Sequence[Entry],
    load: Callable[[Entry], Reading],
    checks: Sequence[Check],
    settings: Settings,
) -> None:
    """Read, tell what was read, hear what it means, judge."""
    readings = [load(entry) for entry in entries]
    pipe.send([_shadow(reading) for reading in readings])
    errand: _Errand = pipe.recv()
    for number, changed in errand.changed.items():
        what, reason = changed.what, changed.reason
        readings[number] = replace(
            readings[number], outcome=changed.outcome, what=what, reason=reason, objects=()
        )
    report = engine.judge(readings, checks, settings, _world(readings, checks, settings, errand))
    used = settings.suppressions.used if settings.suppressions else {}
    rest = report.faults, report.accounts, report.inventories
    pipe.send(([_row(f) for f in report.findings], rest, used))


def _world(
    readings: Sequence[Reading], checks: Sequence[Check], settings: Settings, errand: _Errand
) -> World:
    by_id = {check.id: check for check in checks}
    objects = {
        (reading.name, node.source.document, node.source.root): node
        for reading in readings
        for node in reading.objects
    }
    problems: dict[str, list[tuple[Check, Problem]]] = {}
    for check, name, document, root, path, message, light in errand.problems:
        where = objects[name, document, root].at(*path[len(root) :])
        problems.setdefault(name, []).append((by_id[check], Problem(where, message, _fix(light))))
    manifests = tuple(tuple(Manifest(n, errand.cluster) for n in r.objects) for r in readings)
    schemas = settings.schemas(tuple(errand.crds)) if settings.schemas else None
    return World(manifests, schemas, problems)


def _shadow(reading: Reading) -> Reading:
    return replace(
        reading,
        objects=tuple(_bare(node) for node in reading.objects),
        dockerfile=None,
        images=(),
        facts=engine.facts_of(reading),
        problems=(),
        faults=(),
        troubles=tuple(Trouble(_bare(t.node), t.kind, t.message) for t in reading.troubles),
    )


def _bare(node: Node) -> Node:
    source = node.source
    translation = UNTOLD if source.translation else None
    bare = replace(source, text="", places=NOWHERE, translation=translation)
    return Node(node.value, bare, node.path)


def _light(fix: Fix | None) -> _Light:
    return (fix.hint, fix.grade.value) if fix else None


def _fix(light: _Light) -> Fix | None:
    return Fix(light[0], Grade(light[1])) if light else None


def _row(finding: Finding) -> _Row:
    location = finding.location
    span = location.span
    place = (span.line, span.column, span.end_line, span.end_column) if span else None
    return (
        finding.check.id,
        finding.message,
        (location.source, location.path, place, location.document),
        finding.subject,
        str(finding.identity),
        finding.excerpt,
        _light(finding.fix),
        finding.suppression,
    )


def _finding(row: _Row, checks: Mapping[str, Check]) -> Finding:
    name, message, (source, path, place, document), subject, identity, excerpt, light, waived = row
    check = checks[name]
    return Finding(
        check,
        check.severity,
        message,
        Location(source, path, Span(*place) if place else None, document),
        subject,
        identity,
        excerpt,
        _fix(light),
        waived,
    )
