"""The containers of a project, each asked by `docker exec` what it can do where it runs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from kubeguard.deploy.compose.containers import Container
from kubeguard.deploy.compose.program import Docker, said
from kubeguard.deploy.probes import (
    MOST_BYTES,
    SECONDS,
    Answer,
    Probed,
    Question,
    Unprobed,
    doubts,
    found,
)
from kubeguard.deploy.probes import asked as ask
from kubeguard.deploy.probing import Problems, weighed
from kubeguard.errors import KubeguardError
from kubeguard.formats._printable import printable
from kubeguard.model.finding import Check, Problem, Report
from kubeguard.model.fix import Fix, advise
from kubeguard.model.node import Node, Source, Subject
from kubeguard.policy.policy import Policy

_AT_ONCE = 4


class Asked(NamedTuple):
    """A container, and what came of asking it."""

    container: Container
    answer: Probed | Unprobed


class Probing(NamedTuple):
    """What came of asking all containers of a release."""

    asked: tuple[Asked, ...]

    @property
    def answered(self) -> int:
        """How many containers gave an answer."""
        return sum(isinstance(each.answer, Probed) for each in self.asked)

    @property
    def notes(self) -> list[str]:
        """What was not probed, and what answers leave open, a sentence each."""
        told = []
        for container, answer in self.asked:
            if isinstance(answer, Unprobed):
                told.append(f"not probed: container {container.name}: {answer.reason}")
            else:
                told += [f"container {container.name} {doubt}" for doubt in doubts(answer)]
        return [printable(each) for each in told]


def probe(live: Sequence[Container], docker: Docker) -> Probing:
    """Ask every container that runs."""
    running = [each for each in live if each.detail["State"].get("Running")]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        answers = pool.map(lambda each: _asked(each, docker), running)
        return Probing(tuple(map(Asked, running, answers)))


def _asked(container: Container, docker: Docker) -> Probed | Unprobed:
    def run(command: Sequence[str]) -> Answer:
        try:
            command = ("exec", container.id, *command)
            ended = docker.run(command, seconds=SECONDS, most=MOST_BYTES + 1)
        except KubeguardError as error:
            return Answer(b"", error=error.message)
        return Answer(
            ended.output,
            ended.code,
            "" if ended.output else said(ended.complaint),
        )

    return ask(run)


_PLACES: Mapping[Question, tuple[str, Fix]] = {
    Question.ROOT: ("read_only", advise("compare it with the Compose file: apply makes it anew")),
    Question.TOKEN: ("volumes", advise("mount no token of a service account into it")),
    Question.METADATA: ("networks", advise("join networks that are internal: true")),
}
"""The key that should have kept it from that, and what to do."""


def problems(probing: Probing, report: Report, checks: Sequence[Check], policy: Policy) -> Problems:
    """What containers can do and should not, as problems of these checks, by container.

    What the report says of a container already is not said again.
    """
    known = {check.name: check for check in checks}
    told = {(f.check.id, f.location.source) for f in report.findings}
    result: dict[str, list[tuple[Check, Problem]]] = {}
    for container, answer in probing.asked:
        for question, text in found(answer) if isinstance(answer, Probed) else ():
            check = known.get(question.value)
            if check and (check.id, container.name) not in told:
                problem = _problem(container, question, text)
                result.setdefault(container.name, []).append((weighed(check, policy), problem))
    return result


def _problem(container: Container, question: Question, text: str) -> Problem:
    key, fix = _PLACES[question]
    source = Source(container.name, subject=Subject("service", "", container.service))
    where = Node(None, source, ("services", container.service, key))
    return Problem(where, f"container {container.name!r} {text}", fix)
