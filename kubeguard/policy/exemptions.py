"""The suppressions of kubeguard.yaml, applied to one input at a time."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path as File
from typing import TYPE_CHECKING

from kubeguard.model.finding import Finding
from kubeguard.model.location import Path, Span
from kubeguard.model.manifest import Manifest, within
from kubeguard.model.node import Node, Subject
from kubeguard.model.reading import Reading
from kubeguard.model.vulnerability import PACKAGES
from kubeguard.policy.policy import Exemption
from kubeguard.policy.stages import stages

if TYPE_CHECKING:
    from pathspec import GitIgnoreSpec


@dataclass(frozen=True, slots=True)
class Bound:
    """An exemption in one input; `containers` and `stages` are None when it is not scoped so."""

    number: int
    """Which of the exemptions it is."""
    exemption: Exemption
    containers: tuple[tuple[int, Path], ...] | None
    stages: tuple[Span, ...] | None

    def covers(self, finding: Finding) -> bool:
        location = finding.location
        if not _about(self.exemption, finding.subject):
            return False
        if self.exemption.vulnerability and not _names(self.exemption, finding):
            return False
        if self.containers is not None and not any(
            document == location.document and within(location.path, path)
            for document, path in self.containers
        ):
            return False
        if self.stages is None:
            return True
        line = location.span.line if location.span else 0
        return any(span.line <= line < span.end_line for span in self.stages)


def bind(exemptions: Sequence[Exemption], root: File | None, reading: Reading) -> Iterator[Bound]:
    """The exemptions that have something in this input that they are about."""
    views = (*([reading.dockerfile] if reading.dockerfile else ()), *reading.images)
    about = (problem.where for _, problem, _ in reading.problems)
    nodes = (*reading.objects, *(view.node for view in views), *about)
    relative = ""
    for number, exemption in enumerate(exemptions):
        if exemption.file:
            relative = relative or _relative(reading.name, root)
            if not _pattern(exemption.file).match_file(relative):
                continue
        subjects = [node for node in nodes if _about(exemption, node.source.subject)]
        if not subjects and (exemption.kind or exemption.namespace or exemption.name):
            continue
        containers = tuple(_containers(exemption, subjects)) if exemption.container else None
        lines = tuple(_stages(exemption, reading)) if exemption.stage else None
        if containers != () and lines != ():
            yield Bound(number, exemption, containers, lines)


def _about(exemption: Exemption, subject: Subject) -> bool:
    wanted, kind = exemption.kind.lower(), subject.kind.lower()
    return (
        (not wanted or fnmatchcase(kind, wanted))
        and (not exemption.namespace or fnmatchcase(subject.namespace, exemption.namespace))
        and (not exemption.name or fnmatchcase(subject.name, exemption.name))
    )


def _names(exemption: Exemption, finding: Finding) -> bool:
    """Whether the finding is about a vulnerability that the exemption names; its identity is where
    that is, also for one that is shown at a line of the Dockerfile."""
    steps = str(finding.identity).split("\0")[3:]  # behind kind, namespace and name
    return steps[:1] == [PACKAGES] and fnmatchcase(steps[-2], exemption.vulnerability)


def _containers(exemption: Exemption, subjects: Sequence[Node]) -> Iterator[tuple[int, Path]]:
    for node in subjects:
        for workload in Manifest(node).workloads:
            for container in workload.containers:
                if fnmatchcase(container.name, exemption.container):
                    yield node.source.document, container.node.path


def _stages(exemption: Exemption, reading: Reading) -> Iterator[Span]:
    for stage, span in stages(reading.dockerfile) if reading.dockerfile else ():
        if fnmatchcase(stage.name, exemption.stage) or str(stage.index) == exemption.stage:
            yield span


@cache
def _pattern(pattern: str) -> GitIgnoreSpec:
    from pathspec import GitIgnoreSpec

    return GitIgnoreSpec.from_lines([pattern])


def _relative(name: str, root: File | None) -> str:
    """The input's path as patterns see it: from the folder of kubeguard.yaml, with slashes."""
    return File(os.path.relpath(name, root)).as_posix()
