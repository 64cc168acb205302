"""From files with templates and constraints to policies, one program for each template."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from kubeguard.errors import KubeguardError
from kubeguard.model.finding import Outcome
from kubeguard.model.manifest import Manifest
from kubeguard.model.node import Node
from kubeguard.model.trouble import Trouble, TroubleKind
from kubeguard.rego.diagnostics import trouble
from kubeguard.rego.engine import CompileError, Diagnostic, Engine, NoRulesError
from kubeguard.rego.policies import PolicySet, Question, Spec, Style
from kubeguard.rego.styles.gatekeeper import rules
from kubeguard.rego.styles.gatekeeper.constraint import GROUP, Constraint, constraint
from kubeguard.rego.styles.gatekeeper.embedded import in_file, refusal
from kubeguard.rego.styles.gatekeeper.judging import ASKING, PARAMETERS, GatekeeperSet, asking, rule
from kubeguard.rego.styles.gatekeeper.template import Template, template
from kubeguard.rego.styles.modules import compiled
from kubeguard.sources.text import read

_UNSUPPORTED = {
    "mutations.gatekeeper.sh": "what it changes in objects is not seen here",
    "externaldata.gatekeeper.sh": "no provider is asked here",
    "config.gatekeeper.sh": "namespaces are exempt by excludedNamespaces of a constraint only",
}
_POD = {"version": "v1", "kind": "Pod"}


def load(files: Sequence[Path], spec: Spec, engine: Engine) -> list[PolicySet]:
    """The policies of these files. What is wrong with one of them keeps none of the others from
    being judged; raises CompileError where none is left."""
    found = _Found(files)
    sets = [made for each in found.templates for made in found.policies(each, engine)]
    found.unasked()
    if not sets and found.refused:
        raise CompileError(found.refused)
    if not sets and found.templates:
        raise NoRulesError(f"{spec.path}: no constraint asks for its templates")
    if not sets:
        return []
    refused = [trouble(TroubleKind.UNEVALUATED_POLICY, said) for said in found.refused]
    first, *others = sets
    return [replace(first, troubles=(*refused, *found.troubles, *first.troubles)), *others]


class _Found:
    """Templates, the constraints of each, and what is wrong with others."""

    def __init__(self, files: Sequence[Path]) -> None:
        self.templates: list[Template] = []
        self.constraints: dict[str, list[Node]] = {}
        self.refused: list[Diagnostic] = []
        self.troubles: list[Trouble] = []
        self._known: dict[str, Node] = {}
        for node in (node for file in files for node in self._objects(file)):
            try:
                self._sort(node)
            except CompileError as error:
                self.refused += error.diagnostics

    def _objects(self, file: Path) -> Iterator[Node]:
        try:
            reading = read(str(file), file.read_bytes())
        except OSError as error:
            raise KubeguardError(f"{file}: cannot be read: {error.strerror}") from error
        for each in reading.troubles:
            self.refused += refusal(each.node, each.message, "unreadable").diagnostics
        if reading.outcome is Outcome.SKIPPED:
            self.refused.append(Diagnostic("unreadable", f"{reading.reason}", str(file)))
        yield from reading.objects

    def _sort(self, node: Node) -> None:
        manifest = Manifest(node)
        if manifest.group == GROUP:
            self.constraints.setdefault(manifest.kind, []).append(node)
        elif manifest.group == "templates.gatekeeper.sh" and manifest.kind == "ConstraintTemplate":
            kind = node["spec"]["crd"]["spec"]["names"]["kind"].text
            if (other := self._known.setdefault(kind, node)) is not node:
                said = f"{kind} has another template at {other['kind'].location}"
                raise refusal(node["metadata"]["name"], said)
            self.templates.append(template(node))
        elif manifest.group == "expansion.gatekeeper.sh":
            _refuse_expansion(node)
        elif manifest.group in _UNSUPPORTED and node.get("spec", "match") != {}:
            _refuse_unsupported(manifest)

    def policies(self, of: Template, engine: Engine) -> Iterator[GatekeeperSet]:
        """The template with its constraints, unless something is wrong with it or all of them."""
        nodes = self.constraints.pop(of.kind, [])
        if not nodes:
            said = refusal(of.node["metadata"]["name"], f"no constraint asks for {of.kind}")
            self.troubles += (trouble(TroubleKind.DOUBTFUL_POLICY, d) for d in said.diagnostics)
            return
        asked: dict[str, Constraint] = {}
        for node in nodes:
            try:
                made = constraint(node, of)
                if asked.setdefault(made.check.id, made) is not made:
                    raise refusal(node["metadata"]["name"], f"{made.check.id} is given twice")
            except CompileError as error:
                self.refused += error.diagnostics
        try:
            if asked:
                yield _set(of, list(asked.values()), engine)
        except CompileError as error:
            self.refused += error.diagnostics

    def unasked(self) -> None:
        """Constraints without a template; nothing more is said where theirs has been refused."""
        for kind, nodes in self.constraints.items():
            if kind not in self._known:
                for node in nodes:
                    said = refusal(node["kind"], f"there is no template of {kind} here")
                    self.refused += said.diagnostics


def _refuse_expansion(node: Node) -> None:
    """Pods are expanded here without being told to; whatever else is generated is not."""
    spec = node["spec"]
    generated = {key: value for key, value in spec["generatedGVK"].mapping.items() if value}
    if generated != _POD or spec.get("enforcementAction"):
        where = spec["enforcementAction" if generated == _POD else "generatedGVK"]
        raise refusal(where, "not supported: pods are expanded as they are, and nothing else is")


def _refuse_unsupported(manifest: Manifest) -> None:
    why = _UNSUPPORTED[manifest.group]
    if manifest.group != "config.gatekeeper.sh" or manifest.node["spec"]["match"].exists:
        raise refusal(manifest.node["kind"], f"{manifest.kind} is not supported: {why}")


def _set(of: Template, constraints: Sequence[Constraint], engine: Engine) -> GatekeeperSet:
    """The template compiled with a question for each constraint. Raises CompileError."""
    package, compares = rules.package_of(of.modules[0]), rules.compares(of)
    own = [asking(package, constraints, compares=compares)] if package else []
    parameters = {each.check.id: each.parameters for each in constraints}
    try:
        made = compiled(of.kind, [*of.modules, *own], {PARAMETERS: parameters}, engine)
        if wrong := tuple(rules.broken(of, made.program)):
            raise CompileError(wrong)
    except CompileError as error:
        raise CompileError([_told(said, of) for said in error.diagnostics]) from error
    queries = (rule(number, package) for number in range(len(constraints)))
    questions = [Question(c.check, q) for c, q in zip(constraints, queries, strict=True)]
    troubles = (trouble(TroubleKind.DOUBTFUL_POLICY, _told(said, of)) for said in made.missing)
    return GatekeeperSet(
        of.kind,
        Style.GATEKEEPER,
        made.program,
        tuple(questions),
        tuple(troubles),
        dict(zip(questions, constraints, strict=True)),
        compares,
    )


def _told(said: Diagnostic, of: Template) -> Diagnostic:
    """What is said about our own question is about the rule that it asks."""
    if said.file == ASKING:
        (asked,) = refusal(of.source, f"violation of {of.kind}: {said.message}").diagnostics
        return asked
    return in_file(said, of.nodes)
