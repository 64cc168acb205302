"""Kubeguard's own style: `deny`, `violation` and `warn` of any package, which may say where."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from kubeguard.model.bundle import Bundle
from kubeguard.model.finding import Check, Problem
from kubeguard.model.views import View
from kubeguard.rego.engine import CompileError, Diagnostic, Engine, Module, Rule
from kubeguard.rego.policies import NO_PARAMETERS, Ask, Parameters, PolicySet, Question, Style
from kubeguard.rego.source import at, code
from kubeguard.rego.styles import metadata
from kubeguard.rego.styles.asking import PLAINLY, Asking
from kubeguard.rego.styles.inputs import as_written
from kubeguard.rego.styles.modules import Compiled
from kubeguard.rego.styles.results import problem, results
from kubeguard.rego.styles.together import Combined, about

_ASKED = re.compile(r"(?:deny|violation|warn)(?:_\w+)?")
_ENVELOPE = re.compile(r"\binput\.(review|request)\b")
_OBJECT = re.compile(r"\binput\b(?!\.(?:review|request|parameters)\b)")


@dataclass(frozen=True, slots=True, eq=False)
class PlainSet(PolicySet):
    """Policies asked about one object at a time, or about all of a run as a list."""

    asking: Asking = PLAINLY

    def asks(self, views: Sequence[View], parameters: Parameters = NO_PARAMETERS) -> Iterator[Ask]:
        for view in views:
            questions = tuple(q for q in self.questions if q.fits(view))
            if questions:
                given = self.asking.input(view, as_written(view), questions, parameters)
                yield Ask(view, given, questions)
        whole = tuple(q for q in self.questions if Bundle in q.views)
        if whole and views:
            every = Combined(views)
            given = self.asking.input(every, every.entries(as_written), whole, parameters)
            yield Ask(every, given, whole)

    def problems(self, ask: Ask, question: Question, value: Any) -> Iterator[tuple[Check, Problem]]:
        for result in results(value):
            yield problem(question.check, *about(ask.view, result))


def load(compiled: Compiled, packages: Collection[str], engine: Engine) -> Iterator[PlainSet]:
    """The rules of these packages that find something. Raises CompileError."""
    rules = [rule for package in packages for rule in findings_of(compiled, package)]
    questions = [_question(compiled, rule) for rule in metadata.described(rules)]
    if not questions:
        return
    _refuse_envelopes(compiled, {rule.module for rule in rules})
    asking = Asking(parameters=any(question.check.parameters for question in questions))
    program, asked = compiled.ask(asking, questions, engine)
    yield PlainSet(compiled.name, Style.KUBEGUARD, program, asked, asking=asking)


def findings_of(compiled: Compiled, package: str) -> Iterator[Rule]:
    """The rules of a package whose results are findings."""
    for rule, name in compiled.rules_of(package):
        if _ASKED.match(name) and _ASKED.fullmatch(re.split(r"[.\[]", name)[0]):
            yield rule


def _question(compiled: Compiled, rule: metadata.Described) -> Question:
    views = metadata.views(rule, compiled.program, compiled.sources)
    return Question(metadata.check(rule, Style.KUBEGUARD, views), rule.path, views)


def _refuse_envelopes(compiled: Compiled, files: Collection[str]) -> None:
    """A policy that reads only an admission review would find nothing in an object, ever."""
    wrong = [said for m in compiled.modules if m.name in files for said in _envelope(m)]
    if wrong:
        raise CompileError(wrong)


def _envelope(module: Module) -> Iterator[Diagnostic]:
    text = code(module.text)
    found = _ENVELOPE.search(text)
    if found and not _OBJECT.search(text):
        whose = "Gatekeeper" if found[1] == "review" else "an admission webhook"
        message = f"reads {found[0]}, as {whose} has it; here input is the object itself"
        hint = " (a ConstraintTemplate can be given as it is)" if found[1] == "review" else ""
        yield at(module, found.start(), "unsupported_input", message + hint)
