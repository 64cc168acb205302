"""A template with its constraints, asked about every object that they match."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from kubeguard.model.finding import Check, Problem
from kubeguard.model.manifest import Manifest
from kubeguard.model.views import View
from kubeguard.rego import places
from kubeguard.rego.engine import Module
from kubeguard.rego.policies import NO_PARAMETERS, Ask, Parameters, PolicySet, Question
from kubeguard.rego.styles.gatekeeper.constraint import Constraint
from kubeguard.rego.styles.gatekeeper.reviews import (
    Review,
    Reviewed,
    inventory,
    pods,
    portions,
    review,
)
from kubeguard.rego.styles.gatekeeper.scopes import Cluster
from kubeguard.rego.styles.results import Result, problem

PACKAGE = "kubeguard_gatekeeper"
PARAMETERS = "kubeguard_parameters"
"""Where in `data` the parameters of the constraints are, by the ids of the checks."""
ASKING = "(kubeguard)"
"""What our own module is called."""
_POD = ("", "Pod")
_NO_MESSAGE = "violates the constraint; its template gives no msg, so Gatekeeper would not say so"


@dataclass(frozen=True, slots=True, eq=False)
class GatekeeperSet(PolicySet):
    """One template; `compares` says that it looks at other objects than the one under review."""

    constraints: Mapping[Question, Constraint] = field(default_factory=dict)
    compares: bool = False

    def asks(
        self,
        views: Sequence[View],
        parameters: Parameters = NO_PARAMETERS,  # noqa: ARG002 - they are in the constraints
    ) -> Iterator[Ask]:
        manifests = [view for view in views if isinstance(view, Manifest)]
        cluster = Cluster.of(manifests)
        reviews = self._reviews(manifests, cluster)
        if not self.compares:
            for each in reviews:
                yield Ask(Reviewed([each]), {"reviews": [review(each, cluster)]}, each.questions)
            return
        alike: dict[tuple[Question, ...], list[Review]] = {}
        for each in reviews:
            alike.setdefault(each.questions, []).append(each)
        if alike:
            every = inventory(manifests, cluster)
            size = len(orjson.dumps(every))
            for questions, same in alike.items():
                for some in portions(same, size):
                    told = [review(each, cluster, settled=True) for each in some]
                    yield Ask(Reviewed(some), {"reviews": told, "inventory": every}, questions)

    def _reviews(self, manifests: Sequence[Manifest], cluster: Cluster) -> Iterator[Review]:
        """The objects that constraints match, and the pods of those that none of these matches."""
        known: dict[tuple[str, str], tuple[list[Question], list[Question]]] = {}
        for view in manifests:
            kind = view.group, view.kind
            if kind not in known:
                known[kind] = self._about(*kind)
            own, of_pods = known[kind]
            if own:
                yield from self._matching(Review(view, view, cluster.subject(view)), own)
            for pod, above in pods(view) if of_pods else ():
                subject = cluster.subject(pod, generated=True)
                yield from self._matching(Review(view, pod, subject, above=above), of_pods)

    def _about(self, group: str, kind: str) -> tuple[list[Question], list[Question]]:
        """What is asked about objects of a kind, and what only about the pods they make."""
        own = [q for q, c in self.constraints.items() if c.match.is_about(group, kind)]
        others = [q for q, c in self.constraints.items() if c.match.names(*_POD) and q not in own]
        return own, others

    def _matching(self, about: Review, questions: Sequence[Question]) -> Iterator[Review]:
        doubts = {q: self.constraints[q].match.doubt(about.subject) for q in questions}
        asked = {q: doubt for q, doubt in doubts.items() if doubt is not None}
        if asked:
            yield about._replace(questions=tuple(asked), doubts=tuple(asked.values()))

    def problems(self, ask: Ask, question: Question, value: Any) -> Iterator[tuple[Check, Problem]]:
        assert isinstance(ask.view, Reviewed)
        for number, violations in value.items() if isinstance(value, Mapping) else ():
            about = ask.view.reviews[int(number)]
            doubt = about.doubts[about.questions.index(question)]
            for violation in violations:
                told = _result(violation, about)
                said = f"{told.message} ({doubt})" if doubt else told.message
                yield problem(question.check, about.view, told._replace(message=said))


def _result(violation: Any, about: Review) -> Result:
    """The violation as a result: its message, and its details, which may name a place."""
    if not isinstance(violation, Mapping):
        return Result(_NO_MESSAGE)
    message, details = violation.get("msg"), violation.get("details")
    path = places.steps(details.get("path")) if isinstance(details, Mapping) else ()
    said: dict[str, Any] = {"details": details, "path": [*about.above, *path] if path else None}
    if not isinstance(message, str):
        message = orjson.dumps(message).decode() if message is not None else _NO_MESSAGE
    return Result(message, said)


def asking(package: str, constraints: Sequence[Constraint], *, compares: bool) -> Module:
    """A module with a rule for each constraint, as Gatekeeper's own hook has it: the violations of
    each review under its number."""
    others = " with data.inventory as input.inventory" if compares else ""
    lines = [f"package {PACKAGE}", ""]
    for number, each in enumerate(constraints):
        head = rule(number, package).removeprefix(f"{PACKAGE}.")
        given = f"data.{PARAMETERS}[{orjson.dumps(each.check.id).decode()}]"
        lines += [
            f"{head}[number] contains violation if {{",
            "\tsome number, review in input.reviews",
            f'\ttold := {{"review": review, "parameters": {given}}}',
            f"\tfound := {reference(package)}.violation with input as told{others}",
            "\tsome violation",
            "\tfound[violation]",
            "}",
        ]
    return Module(ASKING, "\n".join((*lines, "")), "v1")


def rule(number: int, package: str) -> str:
    """The path under which a constraint is asked; it ends as that of the template's own rule."""
    return f"{PACKAGE}.asked.c{number}.{package}.violation".replace(".[", "[")


def reference(package: str) -> str:
    return f"data.{package}".replace(".[", "[")
