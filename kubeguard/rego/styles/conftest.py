"""Policies of conftest: its namespaces, exceptions, data and combined input, and its idea of a
result."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Any

from kubeguard.errors import KubeguardError
from kubeguard.model.finding import Check, Problem
from kubeguard.model.views import View
from kubeguard.rego.engine import CompileError, Engine, Rule
from kubeguard.rego.policies import NO_PARAMETERS, Ask, Parameters, PolicySet, Question, Style
from kubeguard.rego.source import at, code
from kubeguard.rego.styles import metadata
from kubeguard.rego.styles.asking import PLAINLY, Asking
from kubeguard.rego.styles.inputs import as_conftest
from kubeguard.rego.styles.modules import Compiled
from kubeguard.rego.styles.results import problem, results
from kubeguard.rego.styles.together import Combined, about

_ASKED = re.compile(r"(deny|violation|warn)(_[a-zA-Z0-9]+)*")
_FILE = re.compile(r"\bdata\.conftest\b")
DEFAULT = "main"
"""The namespace that conftest asks when none is named."""


@dataclass(frozen=True, slots=True, eq=False)
class ConftestSet(PolicySet):
    """Policies asked about one input at a time, or with `combine` about all of them as a list."""

    asking: Asking = PLAINLY
    combine: bool = False

    def asks(self, views: Sequence[View], parameters: Parameters = NO_PARAMETERS) -> Iterator[Ask]:
        if self.combine:
            yield from self._together(views, parameters)
            return
        for view in views:
            questions = tuple(q for q in self.questions if q.fits(view))
            if questions:
                given = self.asking.input(view, as_conftest(view), questions, parameters)
                yield Ask(view, given, questions)

    def _together(self, views: Sequence[View], parameters: Parameters) -> Iterator[Ask]:
        if views:
            combined = Combined(views)
            given = combined.entries(as_conftest)
            asked = self.asking.input(combined, given, self.questions, parameters)
            yield Ask(combined, asked, self.questions)

    def problems(self, ask: Ask, question: Question, value: Any) -> Iterator[tuple[Check, Problem]]:
        """As conftest has it, only a set or list has results, and an empty message is none."""
        if isinstance(value, list):
            for result in results(value):
                if result.message:
                    yield problem(question.check, *about(ask.view, result))


def load(
    compiled: Compiled, namespaces: Sequence[str], engine: Engine, *, combine: bool = False
) -> Iterator[ConftestSet]:
    """The rules of the namespaces that find something.

    Raises KubeguardError for a namespace that is not there, CompileError for rules whose results
    conftest would never see.
    """
    rules = [
        rule for package in chosen(compiled, namespaces) for rule in findings_of(compiled, package)
    ]
    _refuse_objects(compiled, rules)
    questions = [_question(compiled, rule) for rule in metadata.described(rules)]
    if not questions:
        return
    asking = Asking(
        parameters=any(question.check.parameters for question in questions),
        file=any(_FILE.search(code(module.text)) for module in compiled.modules),
        exceptions=dict(_exceptions(compiled, rules)),
    )
    program, asked = compiled.ask(asking, questions, engine)
    yield ConftestSet(compiled.name, Style.CONFTEST, program, asked, asking=asking, combine=combine)


def chosen(compiled: Compiled, namespaces: Sequence[str]) -> tuple[str, ...]:
    """The packages that patterns of namespaces choose. Raises KubeguardError when one has none."""
    found: dict[str, None] = {}
    for pattern in namespaces:
        matching = [p for p in compiled.packages if fnmatchcase(p, pattern.replace("[^", "[!"))]
        if not matching:
            there = ", ".join(compiled.packages[:8])
            raise KubeguardError(
                f"{compiled.name}: there is no namespace {pattern!r} to ask",
                f"set namespaces to one or more of: {there}",
            )
        found |= dict.fromkeys(matching)
    return tuple(found)


def findings_of(compiled: Compiled, package: str) -> Iterator[Rule]:
    """The rules of a namespace that conftest asks."""
    for rule, name in compiled.rules_of(package):
        if _ASKED.fullmatch(re.split(r"[.\[]", name)[0]):
            yield rule


def _question(compiled: Compiled, rule: metadata.Described) -> Question:
    views = metadata.views(rule, compiled.program, compiled.sources)
    return Question(metadata.check(rule, Style.CONFTEST, views), rule.path, views)


def _refuse_objects(compiled: Compiled, rules: Collection[Rule]) -> None:
    """`deny[msg] if ...` makes an object, in which conftest sees no results (OPA issue 6509)."""
    sources = {module.name: module for module in compiled.modules}
    wrong = [
        at(
            sources[rule.module],
            _offset(sources[rule.module].text, rule),
            "unsupported_rule",
            f"{rule.path} is an object, in which conftest sees no results: write `contains`",
        )
        for rule in rules
        if rule.kind == "object"
    ]
    if wrong:
        raise CompileError(wrong)


def _offset(text: str, rule: Rule) -> int:
    return sum(len(line) + 1 for line in text.split("\n")[: rule.line - 1]) + rule.column - 1


def _exceptions(
    compiled: Compiled, rules: Collection[Rule]
) -> Iterator[tuple[str, tuple[str, str]]]:
    """For each rule whose package has exceptions, the rule that lists them and its own name there:
    what is behind `deny_`, '' for `deny` itself."""
    listed = {r.package: r.path for r in compiled.program.rules if _name(r) == "exception"}
    for rule in rules:
        if rule.package in listed:
            name = re.sub(r"^(?:deny|violation|warn)(?:_|$)", "", _name(rule))
            yield rule.path, (listed[rule.package], name)


def _name(rule: Rule) -> str:
    return rule.path.removeprefix(rule.package).removeprefix(".")
