"""Views times checks. No files, no printing, no exit codes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import chain
from types import MappingProxyType
from typing import NamedTuple, Protocol

from kubeguard.model.bundle import Bundle
from kubeguard.model.cluster import NEWEST, Cluster
from kubeguard.model.credentials import hidden, mask, mask_all_values
from kubeguard.model.facts import NO_IMAGES, ImageFacts, Images
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
from kubeguard.model.image import Image, ImageReference
from kubeguard.model.manifest import Container, Manifest, ShippedContainer, Workload
from kubeguard.model.node import Node, Source
from kubeguard.model.package import Inventory
from kubeguard.model.reading import Reading
from kubeguard.model.trouble import Trouble
from kubeguard.model.verdict import Verdict
from kubeguard.model.views import View
from kubeguard.model.vulnerability import Vulnerability


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

    @property
    def used(self) -> dict[int, set[str]]: ...

    def merge(self, used: Mapping[int, set[str]], /) -> None: ...


class Settings(NamedTuple):
    """What an audit needs besides readings and checks.

    `schemas` makes the judge of schemas from all objects (CRDs are among them), `policies` is what
    rules that are no Python say about all manifests and Dockerfiles, `context` is how many lines
    stand around an excerpt's own, `whole` says that the run is not a part of something, `images`
    are those that are known besides the ones that are read.
    """

    version: tuple[int, int] = NEWEST
    schemas: Callable[[tuple[Node, ...]], Schemas] | None = None
    policies: Callable[[Sequence[View]], Verdict] | None = None
    suppressions: Suppressions | None = None
    context: int = 0
    whole: bool = True
    images: Images = NO_IMAGES


DEFAULTS = Settings()


def audit(
    readings: Iterable[Reading], checks: Iterable[Check], settings: Settings = DEFAULTS
) -> Report:
    """Ask every check about every view it is on, then about all of them together."""
    given, asked = tuple(readings), tuple(checks)
    report = judge(given, asked, settings, survey(given, asked, settings))
    left = leftovers(asked, settings)
    return replace(report, findings=(*report.findings, *left)) if left else report


class World(NamedTuple):
    """What the readings of a run mean to each other, which none of them can know alone.

    `manifests` stand in the order of the readings, `problems` of policies and of checks on the
    bundle by the name of the input they are in; `troubles` are about policies, `accounts` about
    those and about images that nobody has.
    """

    manifests: tuple[tuple[Manifest, ...], ...]
    schemas: Schemas | None = None
    problems: Mapping[str, Sequence[tuple[Check, Problem]]] = MappingProxyType({})
    faults: tuple[Fault, ...] = ()
    troubles: tuple[Trouble, ...] = ()
    accounts: tuple[Account, ...] = ()


def survey(readings: Sequence[Reading], checks: Sequence[Check], settings: Settings) -> World:
    """Look at all inputs together: the cluster, CRDs, checks on the bundle, policies.

    Objects that stand for something else are in no cluster, and policies were not written for them.
    """
    objects = tuple(n for reading in readings for n in reading.objects if not n.source.translation)
    cluster = Cluster.of(objects, settings.version, _images(readings, settings))
    manifests = tuple(
        tuple(Manifest(node, cluster) for node in reading.objects) for reading in readings
    )
    schemas = settings.schemas(objects) if settings.schemas else None
    problems: dict[str, list[tuple[Check, Problem]]] = {}
    faults: list[Fault] = []
    names = {reading.name for reading in readings}
    all_of_them = tuple(manifest for own in manifests for manifest in own)
    every = tuple(m for m in all_of_them if not m.node.source.translation)
    asked = _Table.of(tuple(checks)).on(Bundle)
    on_bundle = [*_ask(Bundle(every), asked, faults)] if asked else []
    verdict = Verdict()
    if settings.policies:  # the last to be asked: their engine may still be starting
        dockerfiles = (reading.dockerfile for reading in readings if reading.dockerfile)
        verdict = settings.policies((*every, *dockerfiles))
    for check, problem in chain(on_bundle, verdict.problems):
        name = problem.where.source.name
        if name in names:
            problems.setdefault(name, []).append((check, problem))
        else:
            faults.append(Fault(check.id, name, f"no input has this name: {problem.message}"))
    accounts = (*verdict.accounts, *_without_image(all_of_them, cluster.images))
    return World(manifests, schemas, problems, tuple(faults), verdict.troubles, accounts)


def _images(readings: Sequence[Reading], settings: Settings) -> Images:
    """What is known of images, when there are manifests to judge by it; what was read now wins."""
    if not any(reading.objects for reading in readings):
        return NO_IMAGES
    read = [facts for reading in readings for facts in facts_of(reading)]
    return Images([*read, *settings.images]) if read else settings.images


def facts_of(reading: Reading) -> tuple[ImageFacts, ...]:
    """The facts of the images in it."""
    return reading.facts or tuple(map(ImageFacts.of, reading.images))


def settled(reading: Reading, checks: Sequence[Check]) -> Reading:
    """The reading with its images asked and let go: memory holds one of them at a time.

    With its Dockerfile at hand, a problem is shown at the line that made what it is about.
    """
    if not reading.images:
        return reading
    table = _Table.of(tuple(checks))
    faults: list[Fault] = []
    problems = tuple(
        (check, problem, image.made_at(problem.where.path) if image.made_at else problem.where)
        for image in reading.images
        for view in (image, *image.parts())
        for check, problem in _ask(view, table.on(type(view)), faults)
    )
    return replace(
        reading,
        images=(),
        facts=facts_of(reading),
        inventories=inventories_of(reading),
        problems=problems,
        faults=tuple(faults),
    )


def inventories_of(reading: Reading) -> tuple[Inventory, ...]:
    """What its images have installed, where somebody wanted to know."""
    own = (image.inventory for image in reading.images if image.inventory)
    return reading.inventories or tuple(own)


def references(manifests: Iterable[Manifest]) -> dict[str, ImageReference]:
    """The images that manifests name, as they are written."""
    pods = (workload for manifest in manifests for workload in manifest.workloads)
    containers = (container for pod in pods for container in pod.containers)
    return {str(each.get("image")): each.image for each in containers if each.image}


def _without_image(manifests: Iterable[Manifest], images: Images) -> Iterator[Account]:
    """Where some images are known, the others are said."""
    for text, reference in references(manifests).items() if images else ():
        if images.of(reference) is None:
            yield Account(text, Outcome.SKIPPED, "image", "named by manifests and not given")


def judge(
    readings: Sequence[Reading], checks: Sequence[Check], settings: Settings, world: World
) -> Report:
    """The findings of each reading in the order of their places, suppressions applied."""
    return _Judge(checks, settings, world).report(readings)


def leftovers(checks: Sequence[Check], settings: Settings) -> list[Finding]:
    """What is wrong with suppressions outside all inputs, when every input has been judged."""
    if settings.suppressions is None:
        return []
    judge = _Judge(checks, settings, World(()))
    return judge.told(settings.suppressions.leftovers(settings.whole))


class _Table(NamedTuple):
    """Checks by the type of view they are on; those on manifests also by kind."""

    by_view: dict[type[View], tuple[Check, ...]]
    by_kind: dict[str, tuple[Check, ...]]

    @classmethod
    @lru_cache(maxsize=16)
    def of(cls, checks: tuple[Check, ...]) -> _Table:
        """The table of these checks; a server asks for the same one a thousand times a second."""
        views = {check.on for check in checks}
        return cls({on: tuple(c for c in checks if c.on is on) for on in views}, {})

    def on(self, view: type[View]) -> tuple[Check, ...]:
        return self.by_view.get(view, ())

    def on_manifest(self, kind: str) -> tuple[Check, ...]:
        found = self.by_kind.get(kind)
        if found is None:
            found = tuple(c for c in self.on(Manifest) if not c.kinds or kind in c.kinds)
            self.by_kind[kind] = found
        return found


class _Judge:
    """Asks the checks about one reading after the other."""

    def __init__(self, checks: Sequence[Check], settings: Settings, world: World) -> None:
        self.table = _Table.of(tuple(checks))
        self.settings = settings
        self.world = world
        self.faults = list(world.faults)
        self.unknown: Counter[str] = Counter()
        self.excerpts = _Excerpts(settings.context)

    def report(self, readings: Sequence[Reading]) -> Report:
        findings: list[Finding] = []
        for given, manifests in zip(readings, self.world.manifests, strict=True):
            on_images = (*self.table.on(Image), *self.table.on(Vulnerability))
            reading = settled(given, on_images)
            self.faults += reading.faults
            own = _without_secrets(list(self._reading(reading, manifests)))
            if suppressions := self.settings.suppressions:
                own, troubles = suppressions.apply(reading, own)
                own += suppressions.exempt(reading, self.told(troubles))
            findings += sorted(own, key=_order)
        findings += self.told(self.world.troubles)
        accounts = (*map(self._account, readings), *self.world.accounts)
        inventories = tuple(each for reading in readings for each in inventories_of(reading))
        return Report(tuple(findings), tuple(self.faults), accounts, inventories)

    def told(self, troubles: Iterable[Trouble]) -> list[Finding]:
        """Troubles as findings."""
        checks = self.table.on(Trouble)
        return [finding for trouble in troubles for finding in self._ask(trouble, checks)]

    def _reading(self, reading: Reading, manifests: Iterable[Manifest]) -> Iterator[Finding]:
        yield from self.told(reading.troubles)
        if reading.dockerfile:
            yield from self._walk(reading.dockerfile)
        for check, problem, shown in reading.problems:
            yield self._finding(check, problem, shown)
        schemas = self.world.schemas
        for manifest in manifests:
            yield from self._ask(manifest, self.table.on_manifest(manifest.group_kind))
            pods = self._pods(manifest)
            yield from pods if len(manifest.workloads) < 2 else _once(pods)
            if schemas and not manifest.node.source.translation:
                self.unknown[reading.name] += not schemas.known(manifest)
                yield from self.told(schemas.troubles(manifest))
        for check, problem in self.world.problems.get(reading.name, ()):
            yield self._finding(check, problem)

    def _pods(self, manifest: Manifest) -> Iterator[Finding]:
        on_workload, on_container = self.table.on(Workload), self.table.on(Container)
        on_shipped = self.table.on(ShippedContainer)
        for workload in manifest.workloads:
            yield from self._ask(workload, on_workload)
            for container in workload.containers:
                yield from self._ask(container, on_container)
                if on_shipped and container.facts:
                    yield from self._ask(ShippedContainer(container, container.facts), on_shipped)

    def _account(self, reading: Reading) -> Account:
        judged = (
            len(reading.objects) or len(reading.facts) or len(reading.images) or 1
            if reading.outcome is Outcome.JUDGED
            else 0
        )
        unknown = self.unknown[reading.name]
        return Account(reading.name, reading.outcome, reading.what, reading.reason, judged, unknown)

    def _walk(self, view: View) -> Iterator[Finding]:
        yield from self._ask(view, self.table.on(type(view)))
        for part in view.parts():
            yield from self._walk(part)

    def _ask(self, view: View, checks: Sequence[Check]) -> Iterator[Finding]:
        translation = None if isinstance(view, Trouble) else view.node.source.translation
        for check, problem in _ask(view, checks, self.faults):
            told = translation.told(problem) if translation else problem
            if told:
                yield self._finding(check, told)

    def _finding(self, check: Check, problem: Problem, shown: Node | None = None) -> Finding:
        """`shown` is where a reader looks, when that is not where the problem is."""
        where = problem.where
        place = where if shown is None else shown
        location, source = place.location, place.source
        return Finding(
            check=check,
            severity=check.severity,
            message=problem.message,
            location=location,
            subject=where.source.subject,
            identity=Identity(where),
            excerpt=self.excerpts.of(source, location.span.line) if location.span else None,
            fix=problem.fix,
        )


def _without_secrets(findings: list[Finding]) -> list[Finding]:
    """No excerpt shows the lines on which a secret goes on that somebody else's line began."""
    spans = [f.location.span for f in findings if f.check.family == "secrets" and f.location.span]
    lines = {n for s in spans for n in range(s.line + 1, s.end_line + (s.end_column > 1))}
    if not lines:
        return findings
    return [replace(f, excerpt=_hiding(f.excerpt, lines)) for f in findings]


def _hiding(excerpt: Excerpt | None, lines: set[int]) -> Excerpt | None:
    if excerpt is None:
        return None
    numbered = enumerate(excerpt.lines, excerpt.first)
    return Excerpt(excerpt.first, tuple(hidden(x) if n in lines else x for n, x in numbered))


def _once(findings: Iterable[Finding]) -> Iterable[Finding]:
    """What several pods of an object have from one place is told once."""
    return {(f.check.id, f.location, f.message): f for f in findings}.values()


def _ask(
    view: View, checks: Sequence[Check], faults: list[Fault]
) -> Iterator[tuple[Check, Problem]]:
    for check in checks:
        try:
            for problem in check.find(view):
                yield check, problem
        except Exception as error:  # a broken check must not hide the others
            name = view.node.source.name
            faults.append(Fault(check.id, name, f"{type(error).__name__}: {error}"))


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
            shown = (_shown(source, number) for number in range(first, last + 1))
            found = Excerpt(first, tuple(shown))
            self.cache[key] = found
        return found


def _shown(source: Source, number: int) -> str:
    """A line as it may be shown: without what is confidential in it."""
    lines = source.places.lines
    line = lines.line(number)
    return mask_all_values(line) if source.secret else mask(line, lines.line(number - 1))


def _order(finding: Finding) -> tuple[int, int, str]:
    span = finding.location.span
    return (span.line, span.column, finding.check.id) if span else (0, 0, finding.check.id)
