"""Every policy asked about every input that it is about, in as few questions as possible."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from kubeguard.model.finding import Account, Check, Outcome, Problem
from kubeguard.model.trouble import Trouble, TroubleKind
from kubeguard.model.verdict import Verdict
from kubeguard.model.views import View
from kubeguard.rego.diagnostics import trouble
from kubeguard.rego.engine import Answer, Diagnostic, Engine, EngineError
from kubeguard.rego.policies import Ask, PolicySet, Question


class LoadedRules:
    """The policies of a run, the engine that knows them, and those that could not be loaded."""

    def __init__(
        self,
        engine: Engine,
        sets: Sequence[PolicySet],
        troubles: Iterable[Trouble] = (),
    ) -> None:
        self.engine = engine
        self.sets = tuple(sets)
        self.troubles = (*troubles, *(t for policies in sets for t in policies.troubles))
        self.prints: list[str] = []
        found = {q.check.id: q.check for policies in sets for q in policies.questions}
        self.checks = tuple(found.values())

    def judge(self, chosen: Sequence[Check], views: Sequence[View]) -> Verdict:
        """What the rules of these checks, with their severities and parameters, say."""
        hearing = _Hearing(self, {check.id: check for check in chosen})
        for policies in self.sets:
            hearing.ask(policies, views)
        return hearing.verdict()


class _Hearing:
    """One round of questions, and what came of it."""

    def __init__(self, rules: LoadedRules, chosen: Mapping[str, Check]) -> None:
        self.rules = rules
        self.chosen = chosen
        self.problems: list[tuple[Check, Problem]] = []
        self.warnings: dict[Diagnostic, list[View]] = {}
        self.failures: dict[tuple[str, Diagnostic], list[View]] = {}

    def ask(self, policies: PolicySet, views: Sequence[View]) -> None:
        """Inputs that are asked the same go to the engine together."""
        alike: dict[tuple[Question, ...], list[Ask]] = {}
        parameters = {name: check.parameters for name, check in self.chosen.items()}
        for ask in policies.asks(views, parameters):
            questions = tuple(q for q in ask.questions if q.check.id in self.chosen)
            if questions:
                alike.setdefault(questions, []).append(ask)
        for questions, asks in alike.items():
            for ask, answers in zip(asks, self._answers(policies, questions, asks), strict=True):
                for question, answer in zip(questions, answers, strict=True):
                    self._hear(policies, ask, question, answer)

    def _answers(
        self, policies: PolicySet, questions: Sequence[Question], asks: Sequence[Ask]
    ) -> list[list[Answer]]:
        queries = [question.query for question in questions]
        try:
            return self.rules.engine.evaluate(policies.program, queries, [a.input for a in asks])
        except EngineError as error:
            failed = Answer(failure=Diagnostic("engine", error.message))
            return [[failed] * len(questions)] * len(asks)

    def _hear(self, policies: PolicySet, ask: Ask, question: Question, answer: Answer) -> None:
        self.rules.prints += answer.prints
        for warning in answer.warnings:
            self.warnings.setdefault(warning, []).append(ask.view)
        if answer.failure:
            failure = question.check.id, _placed(answer.failure, policies, question)
            self.failures.setdefault(failure, []).append(ask.view)
        elif answer.defined:
            found = policies.problems(ask, question, answer.value)
            self.problems += [(self._bound(check, question), told) for check, told in found]

    def _bound(self, check: Check, question: Question) -> Check:
        """What the user says of a severity counts more than what a result says of its own."""
        chosen = self.chosen[question.check.id]
        if chosen.severity is question.check.severity:
            return check
        return replace(check, severity=chosen.severity)

    def verdict(self) -> Verdict:
        troubles = list(self.rules.troubles)
        for (name, failure), views in self.failures.items():
            why = _REASONS.get(failure.code, failure.message)
            said = f"{name} was not evaluated for {_listed(views)}: {why}"
            troubles.append(trouble(TroubleKind.UNEVALUATED_POLICY, failure, said))
        for warning, views in self.warnings.items():
            said = f"{warning.message}, for {_listed(views)}"
            troubles.append(trouble(TroubleKind.FAILED_BUILTIN, warning, said))
        accounts = tuple(
            Account(each.node.source.name, Outcome.FAILED, "policy", each.message)
            for each in troubles
            if each.kind is TroubleKind.UNEVALUATED_POLICY
        )
        return Verdict(tuple(self.problems), tuple(troubles), accounts)


_REASONS = {"eval_cancel_error": "it took longer than it may"}
"""What OPA calls in its own words."""


def _placed(failure: Diagnostic, policies: PolicySet, question: Question) -> Diagnostic:
    """What ran out of time or memory has no place but the rule that was asked."""
    if failure.line:
        return failure
    for rule in policies.program.rules:
        if question.query.endswith(rule.path):
            return failure._replace(file=rule.module, line=rule.line, column=rule.column)
    return failure


def _listed(views: Sequence[View]) -> str:
    """`Pod web in a.yaml and 12 others`."""
    first = views[0].node.source
    subject = f"{first.subject} in {first.name}" if first.subject.kind else first.name
    others = len(views) - 1
    return f"{subject} and {others} other{'s' * (others > 1)}" if others else subject
