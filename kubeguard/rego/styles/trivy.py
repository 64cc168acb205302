"""Trivy's custom checks: METADATA or `__rego_metadata__`, `result.new`, inputs with lines."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from kubeguard.model.dockerfile import Dockerfile
from kubeguard.model.finding import Check, Problem
from kubeguard.model.manifest import Manifest
from kubeguard.model.node import Node
from kubeguard.model.trouble import TroubleKind
from kubeguard.model.views import View
from kubeguard.rego import places
from kubeguard.rego.diagnostics import trouble
from kubeguard.rego.engine import CompileError, Diagnostic, Engine, Module, Rule
from kubeguard.rego.policies import NO_PARAMETERS, Ask, Parameters, PolicySet, Question, Style
from kubeguard.rego.source import at, calls, code
from kubeguard.rego.styles import metadata
from kubeguard.rego.styles.inputs import KEY, as_trivy
from kubeguard.rego.styles.modules import Compiled
from kubeguard.rego.styles.results import Result, by_line, place

_ENFORCED = re.compile(r"deny(?:_\w+)?")
_SIGNS = re.compile(r"\b(?:__rego_metadata__|__rego_input__|__defsec_metadata)\b")
_CUSTOM = {"avd_id", "short_code", "recommended_action", "recommended_actions", "library"}
_TYPES: Mapping[str, type[View]] = {
    "kubernetes": Manifest,
    "rbac": Manifest,
    "dockerfile": Dockerfile,
}
_OLD_STAGES = re.compile(r"\binput\.stages\b")


class About(NamedTuple):
    """What a check is about: views and, in lower case, the kinds (or groups, or versions) of
    objects that a selector names; `other` are types of input that kubeguard does not read."""

    views: tuple[type[View], ...]
    kinds: frozenset[str] = frozenset()
    other: tuple[str, ...] = ()

    def fits(self, view: View) -> bool:
        if not isinstance(view, self.views):
            return False
        return not self.kinds or not isinstance(view, Manifest) or view.kind.lower() in self.kinds


@dataclass(frozen=True, slots=True, eq=False)
class TrivySet(PolicySet):
    """Checks of Trivy; only `deny` and `deny_*` count there."""

    about: Mapping[Question, About] = field(default_factory=dict)

    def asks(
        self,
        views: Sequence[View],
        parameters: Parameters = NO_PARAMETERS,  # noqa: ARG002 - Trivy's checks have none
    ) -> Iterator[Ask]:
        for view in views:
            questions = tuple(q for q in self.questions if self.about[q].fits(view))
            if questions:
                yield Ask(view, as_trivy(view), questions)

    def problems(self, ask: Ask, question: Question, value: Any) -> Iterator[tuple[Check, Problem]]:
        for item in value if isinstance(value, list) else [value]:
            if item is None or item is False:
                continue
            message, cause = _read(item)
            check = question.check
            yield check, Problem(_place(ask.view, message, cause), message.strip() or check.title)


def _read(item: Any) -> tuple[str, Mapping[str, Any]]:
    """The message of a result, and the cause with its place."""
    if isinstance(item, str):
        return item, {}
    if isinstance(item, list):
        messages = [part for part in item if isinstance(part, str)]
        causes = [part for part in item if isinstance(part, Mapping)]
        return (messages or [""])[-1], (causes or [{}])[-1]
    if not isinstance(item, Mapping):
        return "", {}
    message = item.get("msg", "")
    while isinstance(message, Mapping):  # lib.kubernetes.format wraps what Gatekeeper reads
        message = message.get("msg", "")
    return message if isinstance(message, str) else str(message), item


def _place(view: View, message: str, cause: Mapping[str, Any]) -> Node:
    """The mapping that the cause was made of, else its lines, else as for any result."""
    key, first = cause.get("fskey"), _number(cause.get("startline"))
    found = None
    if isinstance(key, str) and key.startswith(KEY):
        pointer = key.removeprefix(KEY)
        found = places.descend(view.node, places.steps(pointer)) if pointer else None
    elif first:
        found = by_line(view, first, _number(cause.get("endline")))
    if found is None:
        return place(view, Result(message, {"path": cause.get("path")}))
    return found


def _number(value: Any) -> int:
    return value if isinstance(value, int) else 0


def is_trivy(compiled: Compiled, package: str) -> bool:
    """Whether a package is written for Trivy, by its functions, its METADATA or its old rules."""
    sources = compiled.sources
    for each in compiled.program.packages:
        if each.package == package:
            text, custom = sources[each.module], each.annotations.get("custom")
            custom = custom if isinstance(custom, Mapping) else {}
            selector = isinstance(custom.get("input"), Mapping)
            if selector or custom.keys() & _CUSTOM or calls(text, "result.new"):
                return True
            if _SIGNS.search(code(text)):
                return True
    return False


def is_check(module: Module) -> bool:
    """Whether one file is a check of Trivy's own kind: it makes its results as only Trivy does."""
    return calls(module.text, "result.new")


def load(compiled: Compiled, packages: Collection[str], engine: Engine) -> Iterator[TrivySet]:
    """The checks in these packages. Raises CompileError for what Trivy has and kubeguard not.

    Checks about inputs that kubeguard does not read are troubles, and the others are asked.
    """
    _refuse_old(compiled, packages)
    told = _told(compiled, packages, engine)
    about: dict[Question, About] = {}
    refused: list[Diagnostic] = []
    for package in packages:
        made = _described(compiled, package, told.get(package, {}))
        if made is None:
            continue
        rule, paths = made
        said = _about(rule, compiled)
        if said.other:
            refused.append(_unreadable(compiled, rule, said.other))
            continue
        check = _check(rule, said.views)
        about |= {Question(check, path, said.views): said for path in paths}
    if refused and not about:
        raise CompileError(refused)
    if about:
        troubles = tuple(trouble(TroubleKind.UNEVALUATED_POLICY, said) for said in refused)
        yield TrivySet(compiled.name, Style.TRIVY, compiled.program, tuple(about), troubles, about)


def enforced(compiled: Compiled, package: str) -> Iterator[Rule]:
    """The rules of a package that Trivy asks."""
    for rule, name in compiled.rules_of(package):
        if _ENFORCED.fullmatch(re.split(r"[.\[]", name)[0]):
            yield rule


def _described(
    compiled: Compiled, package: str, told: Mapping[str, Any]
) -> tuple[metadata.Described, tuple[str, ...]] | None:
    """The check that a package is, under its first rule, and the paths of all; None for a library
    and for what is deprecated."""
    rules = list(enforced(compiled, package))
    if not rules:
        return None
    first = metadata.described(rules)[0]
    own = [p.annotations for p in compiled.program.packages if p.package == package]
    annotations = {"title": told["title"]} if "title" in told else {}
    custom = dict(told)
    for each in (*own, first.annotations):
        annotations |= {key: value for key, value in each.items() if key != "custom"}
        custom |= each.get("custom") or {}
    if custom.get("library") is True or custom.get("deprecated") is True:
        return None
    files = tuple(dict.fromkeys(rule.module for rule in rules))
    annotations["custom"] = custom
    rule = first._replace(files=files, annotations=annotations, alone=len(files) == 1)
    return rule, tuple(dict.fromkeys(each.path for each in rules))


def _check(rule: metadata.Described, views: tuple[type[View], ...]) -> Check:
    """The check, which also answers to the id of Trivy's database."""
    made = replace(metadata.check(rule, Style.TRIVY, views), parameters={})
    other = rule.custom.get("avd_id")
    if isinstance(other, str) and other not in ("", made.id):
        return replace(made, like=(*made.like, f"trivy:{other}"))
    return made


def _about(rule: metadata.Described, compiled: Compiled) -> About:
    """What the selectors choose; without any, what the module speaks of."""
    said = rule.custom.get("input")
    selectors = said.get("selector") if isinstance(said, Mapping) else None
    chosen = [each for each in selectors or () if isinstance(each, Mapping)]
    types = tuple(dict.fromkeys(str(each.get("type")) for each in chosen))
    if not types:
        return About(metadata.views(rule, compiled.program, compiled.sources))
    known = tuple(dict.fromkeys(_TYPES[each] for each in types if each in _TYPES))
    return About(known, frozenset(_kinds(chosen)), () if known else types)


def _kinds(selectors: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """The kinds of all selectors; none at all when one of them takes every object."""
    lists = [each.get("subtypes") for each in selectors]
    if not all(isinstance(each, list) and each for each in lists):
        return
    for subtypes in lists:
        for subtype in subtypes or ():
            if isinstance(subtype, Mapping):
                yield from (
                    str(subtype[key]).lower()
                    for key in ("kind", "group", "version")
                    if key in subtype
                )


def _told(
    compiled: Compiled, packages: Collection[str], engine: Engine
) -> dict[str, dict[str, Any]]:
    """What `__rego_metadata__` and `__rego_input__` say, by package; METADATA came later."""
    questions: list[tuple[str, str, str]] = []
    for package in packages:
        for rule, name in compiled.rules_of(package):
            if name in ("__rego_metadata__", "__rego_input__"):
                questions.append((package, name, rule.path))
    if not questions:
        return {}
    questions = list(dict.fromkeys(questions))
    answers = engine.evaluate(compiled.program, [path for *_, path in questions], [{}])[0]
    told: dict[str, dict[str, Any]] = {}
    for (package, name, _), answer in zip(questions, answers, strict=True):
        if isinstance(answer.value, Mapping):
            said = answer.value if name == "__rego_metadata__" else {"input": answer.value}
            told.setdefault(package, {}).update(said)
    return told


def _unreadable(compiled: Compiled, rule: metadata.Described, types: Sequence[str]) -> Diagnostic:
    module = next(module for module in compiled.modules if module.name == rule.files[0])
    found = re.search(r"^\s*package\b", module.text, re.MULTILINE)
    message = f"is about {' and '.join(types)}, which kubeguard does not read"
    return at(module, found.start() if found else 0, "unsupported_input", message)


def _refuse_old(compiled: Compiled, packages: Collection[str]) -> None:
    """Constructs that Trivy itself gave up; they would be undefined, and nothing would be found."""
    own = {p.module for p in compiled.program.packages if p.package in packages}
    wrong = []
    for module in compiled.modules:
        if module.name in own and (found := _OLD_STAGES.search(code(module.text))):
            message = "reads input.stages, as Trivy had it before 0.24: write input.Stages"
            wrong.append(at(module, found.start(), "unsupported_input", message))
    for package in compiled.program.packages:
        if package.package == "namespace.exceptions":
            module = next(m for m in compiled.modules if m.name == package.module)
            message = "namespace.exceptions is not supported, nor is it in Trivy since 0.59"
            wrong.append(at(module, 0, "unsupported_package", message))
    if wrong:
        raise CompileError(wrong)
