"""The containers of a release, each asked where it runs what it can do there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from kubeguard.cluster.objects import Object, Objects, RefusedError
from kubeguard.cluster.pods import pods, running
from kubeguard.deploy.probes import (
    MOST_BYTES,
    SECONDS,
    Answer,
    Probed,
    Question,
    Unprobed,
    asked,
    doubts,
    found,
)
from kubeguard.errors import KubeguardError
from kubeguard.formats._printable import printable
from kubeguard.model.finding import Check, Problem, Report
from kubeguard.model.fix import Fix, advise
from kubeguard.model.manifest import Container, Manifest, Workload
from kubeguard.model.node import Node, Source
from kubeguard.model.severity import Severity
from kubeguard.policy.policy import Policy
from kubeguard.sources.objects import identified

Problems = Mapping[str, Sequence[tuple[Check, Problem]]]

_AT_ONCE = 8
"""Pods that are asked at the same time: each waits two seconds for connections that fail."""
_NOT_FOUND = 404


class Asked(NamedTuple):
    """One container of a pod that runs, in words, and what came of asking it.

    `container` is that of the manifest, None for one that somebody put into the pod.
    """

    name: str
    workload: Workload
    container: Container | None
    answer: Probed | Unprobed


class Probing(NamedTuple):
    """What came of asking all containers of a release; `notes` are sentences about what remains
    open."""

    asked: tuple[Asked, ...]
    notes: tuple[str, ...]

    @property
    def answered(self) -> int:
        """How many containers gave an answer."""
        return sum(isinstance(each.answer, Probed) for each in self.asked)


def probe(live: Mapping[str, Mapping[str, Any]], cluster: Objects) -> Probing:
    """Ask every container of one pod of each workload, where one runs."""
    nodes = (identified(Node(value, Source(name))) for name, value in live.items())
    manifests = map(Manifest, nodes)
    workloads = [workload for manifest in manifests for workload in manifest.workloads]
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        of_each = pool.map(lambda workload: [*_of_workload(workload, cluster)], workloads)
        every = tuple(each for several in of_each for each in several)
    return Probing(every, tuple(_notes(every)))


def problems(probing: Probing, report: Report, checks: Sequence[Check], policy: Policy) -> Problems:
    """What containers can do and should not, as problems of these checks, by object.

    What the report says of the manifest is not said again of the container, nor of one container
    what another one of its pod has shown.
    """
    known = {check.name: check for check in checks}
    said = {(f.check.id, f.location.source, f.location.path) for f in report.findings}
    result: dict[str, list[tuple[Check, Problem]]] = {}
    for each in probing.asked:
        for question, problem in _problems(each):
            check, where = known.get(question.value), problem.where
            name = where.source.name
            if check and (key := (check.id, name, where.path)) not in said:
                said.add(key)
                result.setdefault(name, []).append((weighed(check, policy), problem))
    return result


def weighed(check: Check, policy: Policy) -> Check:
    """A promise that does not hold is worse than one that nobody made: nobody looks again."""
    if check.id in policy.severities:
        return check
    return replace(check, severity=max(check.severity, Severity.MEDIUM))


def _of_workload(workload: Workload, cluster: Objects) -> Iterator[Asked]:
    """One pod's containers; the next pod's when that one has gone meanwhile."""
    name, owner = workload.node.source.name, workload.manifest.node.mapping
    try:
        for pod in pods(owner, workload.labels, cluster):
            with suppress(_GoneError):
                yield from [*_of_pod(pod, workload, cluster)]
                return
        yield Asked(name, workload, None, Unprobed("no pod of it runs"))
    except KubeguardError as error:
        yield Asked(name, workload, None, Unprobed(error.message))


class _GoneError(Exception):
    """A pod that was there is not any more."""


def _of_pod(pod: Object, workload: Workload, cluster: Objects) -> Iterator[Asked]:
    declared = {container.name: container for container in workload.containers}
    for each in running(pod):
        answer: Probed | Unprobed
        try:
            answer = asked(partial(_run, cluster, pod, each))
        except RefusedError as error:
            if error.status == _NOT_FOUND:
                raise _GoneError from None
            answer = Unprobed(_without_names(error.reason))
        except KubeguardError as error:
            answer = Unprobed(error.message)
        who = f"container {each!r} of pod {pod['metadata']['name']!r}"
        yield Asked(who, workload, declared.get(each), answer)


def _without_names(refusal: str) -> str:
    """A missing right is one sentence, not one for each pod; the API server may not name it."""
    _, forbidden, why = refusal.partition(" is forbidden: ")
    named = why or "it takes the right to get and to create pods/exec"
    return f"the cluster does not allow it: {named}" if forbidden else refusal


def _run(cluster: Objects, pod: Object, container: str, command: Sequence[str]) -> Answer:
    output, status = cluster.execute(pod, container, command, SECONDS, MOST_BYTES)
    if status is None:
        return Answer(output)
    if status.get("status") == "Success":
        return Answer(output, 0)
    causes = (status.get("details") or {}).get("causes") or ()
    codes = [str(c.get("message")) for c in causes if c.get("reason") == "ExitCode"]
    if codes and codes[0].isdecimal():
        return Answer(output, int(codes[0]))
    return Answer(output, error=str(status.get("message")))


def _problems(each: Asked) -> Iterator[tuple[Question, Problem]]:
    if isinstance(each.answer, Unprobed):
        return
    meant = _meant(each.workload, each.container)
    tokens = tuple(token for token in each.answer.tokens if not _within(token, meant))
    for question, text in found(each.answer._replace(tokens=tokens)):
        yield question, Problem(_place(each, question), f"{each.name} {text}", _ADVICE[question])


def _place(each: Asked, question: Question) -> Node:
    """The field that should have kept it from that, or should have been there."""
    pod = each.workload.node
    match question:
        case Question.ROOT if each.container:
            return each.container.node["securityContext"]["readOnlyRootFilesystem"]
        case Question.ROOT:
            return pod["containers"]
        case Question.TOKEN:
            return pod["automountServiceAccountToken"]
        case Question.METADATA:
            return each.workload.metadata["labels"]


_ADVICE: Mapping[Question, Fix] = {
    Question.ROOT: advise(
        "compare the pod with its manifest, or ask its runtime: somebody made it writable"
    ),
    Question.TOKEN: advise("compare the volumes of the pod with its manifest: who added this one?"),
    Question.METADATA: advise(
        "deny egress to it by a NetworkPolicy, with a network plugin that enforces those"
    ),
}


def _meant(workload: Workload, container: Container | None) -> list[str]:
    """Where the manifest itself mounts a token, which is somebody's decision."""
    volumes = {
        volume.get("name")
        for volume in workload.node["volumes"]
        if any(source.get("serviceAccountToken") for source in volume["projected"]["sources"])
    }
    mounts = container.node["volumeMounts"] if container else ()
    return [str(mount.get("mountPath")) for mount in mounts if mount.get("name") in volumes]


def _within(file: str, folders: Sequence[str]) -> bool:
    path = _canonical(file) + "/"
    return any(path.startswith(_canonical(folder).rstrip("/") + "/") for folder in folders)


def _canonical(path: str) -> str:
    """`/var/run` is a link to `/run` in most images."""
    return path.removeprefix("/var") if path.startswith("/var/run/") else path


def _notes(every: Sequence[Asked]) -> Iterator[str]:
    """What was not probed, once for each reason, and what answers leave open."""
    unprobed: dict[str, list[str]] = {}
    for each in every:
        if isinstance(each.answer, Unprobed):
            unprobed.setdefault(each.answer.reason, []).append(each.name)
    for reason, names in unprobed.items():
        yield printable(f"not probed: {', '.join(names)}: {reason}")
    for each in every:
        if isinstance(each.answer, Probed):
            yield from (printable(f"{each.name} {doubt}") for doubt in doubts(each.answer))
