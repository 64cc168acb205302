"""Constraints: what is asked of which objects, and what comes of a violation."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kubeguard.model.finding import Check
from kubeguard.model.manifest import Manifest
from kubeguard.model.node import Node
from kubeguard.model.severity import Profile, Severity
from kubeguard.rego.engine import CompileError
from kubeguard.rego.policies import Style
from kubeguard.rego.styles import metadata
from kubeguard.rego.styles.gatekeeper.embedded import refusal
from kubeguard.rego.styles.gatekeeper.match import Match, match
from kubeguard.rego.styles.gatekeeper.parameters import defaulted
from kubeguard.rego.styles.gatekeeper.template import VERSIONS, Template
from kubeguard.sources.schema.explain import explain

GROUP = "constraints.gatekeeper.sh"
_NAME = re.compile(r"[a-z0-9](?:[-a-z0-9.]{0,61}[a-z0-9])?")
_ACTIONS = {"deny": Severity.MEDIUM, "warn": Severity.LOW, "dryrun": Severity.INFO}
_SEVERITY = ("kubeguard.io/severity", "metadata.gatekeeper.sh/severity", "severity")
"""Annotations of a constraint or its template that say how bad it is when it denies."""
_TITLE = "metadata.gatekeeper.sh/title"


@dataclass(frozen=True, slots=True, eq=False)
class Constraint:
    """One constraint: the check it is, what it is about, and what its template is given."""

    check: Check
    match: Match
    parameters: Mapping[str, Any]


def constraint(node: Node, template: Template) -> Constraint:
    """The constraint in an object. Raises CompileError with every place that is not as the
    template says."""
    name = node["metadata"]["name"]
    if not _NAME.fullmatch(name.text):
        raise refusal(name, "a constraint has to have a name that Kubernetes takes")
    version = node.get("apiVersion")
    if version not in [f"{GROUP}/{each}" for each in VERSIONS]:
        raise refusal(node["apiVersion"], f"constraints are of {GROUP}/{VERSIONS[0]}")
    told = explain(template.shape, node, lambda *_: None)
    wrong = [each for trouble in told for each in _said(trouble.node, trouble.message)]
    if wrong:
        raise CompileError(wrong)
    return Constraint(_check(node, template), match(node["spec"]["match"]), _filled(node, template))


def _said(node: Node, message: str) -> Any:
    return refusal(node, message, "wrong_constraint").diagnostics


def _filled(node: Node, template: Template) -> Mapping[str, Any]:
    value = defaulted(node.value, template.schema)
    spec = value.get("spec") if isinstance(value, dict) else None
    given = spec.get("parameters") if isinstance(spec, dict) else None
    return given if isinstance(given, dict) else {}


def _check(node: Node, template: Template) -> Check:
    kind, name = template.kind, node["metadata"]["name"].text
    notes = template.node["metadata"]["annotations"]
    title = notes[_TITLE].text.strip() or kind
    own = node["metadata"]["annotations"]["description"].text
    return Check(
        id=f"{kind}/{name}",
        name=re.sub(r"\W", "_", f"{kind}_{name}".lower()),
        title=title,
        severity=_severity(node, template),
        profile=Profile.BASELINE,
        on=Manifest,
        find=lambda _: (),
        page=metadata.page(Path(template.node.source.name)),
        like=(f"gatekeeper:{kind}",),
        style=Style.GATEKEEPER.value,
        description=(own or notes["description"].text).strip(),
    )


def _severity(node: Node, template: Template) -> Severity:
    """That of the gravest action at any enforcement point; what denies may say how bad it is."""
    spec = node["spec"]
    actions = [spec["enforcementAction"].text or "deny"]
    if actions == ["scoped"]:
        points = spec["scopedEnforcementActions"]
        actions = [each["action"].text for each in points if each["enforcementPoints"].sequence]
        if not actions:
            raise refusal(points, "scoped, and no action for any enforcement point: nothing asks")
    gravest = max(_ACTIONS[action] for action in actions)
    if "deny" not in actions:
        return gravest
    for notes in (node["metadata"]["annotations"], template.node["metadata"]["annotations"]):
        for key in _SEVERITY:
            if notes[key].text:
                return metadata.severity(notes[key].text, gravest)
    return gravest
