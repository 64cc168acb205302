"""One input's bytes into a Reading: what it is, what is in it, what is wrong with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from kubeguard.errors import SourceError
from kubeguard.model.finding import Outcome
from kubeguard.model.lines import Lines
from kubeguard.model.node import Node, Source
from kubeguard.model.reading import Reading
from kubeguard.model.regex import Regex
from kubeguard.model.trouble import Trouble, TroubleKind
from kubeguard.sources import json, templates, yaml
from kubeguard.sources.budget import BUDGET, Budget
from kubeguard.sources.decode import decode
from kubeguard.sources.objects import Family, Sorted, sort
from kubeguard.sources.places import Spot, TextPlaces
from kubeguard.sources.yaml.builder import Mark
from kubeguard.sources.yaml.reader import Document, place_trouble

if TYPE_CHECKING:
    from kubeguard.sources.compose import Variables

DOCKERFILE_NAME = Regex(
    r"(?:Dockerfile|Containerfile)(?:[._-].*)?|.*\.(?:Dockerfile|Containerfile)", re.IGNORECASE
)
YAML_NAME = Regex(r".*\.(?:ya?ml|json)", re.IGNORECASE)
_OTHER_LANGUAGE = Regex(
    r".*\.(?:ya?ml|json|toml|xml|html?|css|md|mdx|rst|adoc|txt|dockerignore|snap|golden|lock|log"
    r"|py|pyi|pyc|go|rs|rb|js|mjs|cjs|jsx|ts|tsx|java|class|kt|scala|cs|c|h|cc|cpp|hpp|swift|php|pl"
    r"|lua|vim|el|sh|ps1|so|dll|dylib|exe|o|a|whl|jar|gz|tgz|zip|tar|png|jpe?g|gif|svg|pdf)",
    re.IGNORECASE,
)
"""Endings under which a Dockerfile is one only when it begins like one."""
TEMPLATE_NAME = Regex(r".*\.(?:template|tmpl|tpl|gotmpl|j2|jinja2?|erb|in)", re.IGNORECASE)
_OBJECT_START = Regex(r"^[\"']?(?:apiVersion|kind)[\"']?[ \t]*:", re.MULTILINE)
_FIRST_INSTRUCTION = Regex(
    r"(?:[ \t]*+(?:#[^\n]*+|ARG[ \t]++\w[^\n]*+)?\n)*+"
    r"[ \t]*+FROM[ \t]++(?:--platform=\S++[ \t]++)?[^\s;,]++(?:[ \t]++AS[ \t]++\S++)?\s*?(?:\n|\Z)",
    re.IGNORECASE,
)
_BEGINNING = 65_536
"""Characters in which a text has to show what it begins with."""
NOT_OURS = "neither Kubernetes nor a Dockerfile"


def read(
    name: str,
    data: bytes,
    *,
    in_chart: bool = False,
    asked_for: bool = True,
    budget: Budget = BUDGET,
    variables: Variables = None,
) -> Reading:
    """Read one input, never raising.

    `in_chart`: it lies in the templates of a Helm chart. `asked_for`: the user named it, so that a
    text without a telling name is taken for a Dockerfile when it begins like one. `variables` are
    those that a Compose file may use; None when nobody knows them.
    """
    try:
        text = decode(data, budget)
    except SourceError as error:
        too_large = len(data) > budget.bytes
        if not named(name):
            reason = error.message if too_large else "not text"
            return Reading(name, Outcome.SKIPPED, Family.OTHER.value, reason)
        kind = TroubleKind.OVER_BUDGET if too_large else TroubleKind.UNREADABLE
        return failed(name, error, kind)
    base = name.rpartition("/")[2]
    telling = bool(YAML_NAME.fullmatch(base))
    if _called_dockerfile(base) or (DOCKERFILE_NAME.fullmatch(base) and _begins_as_one(text)):
        return _dockerfile(name, text)
    if in_chart and "{{" in text:
        return _template(name, text, text.index("{{"))
    likely = _looks_like_objects(text)
    if telling or likely:
        surely = _surely(base, text, asked_for, likely)
        return _documents(name, text, budget, surely, variables)
    if asked_for and _begins_as_one(text):
        return _dockerfile(name, text)
    if asked_for:
        return _documents(name, text, budget, False, variables)
    return Reading(name, Outcome.SKIPPED, Family.OTHER.value, NOT_OURS)


def _surely(base: str, text: str, asked_for: bool, likely: bool) -> bool:
    """Whether it fails the scan when it cannot be read, rather than being somebody else's.

    A walk meets scripts and prose that quote manifests, and JSON with comments in it.
    """
    if base.lower().endswith(".json"):
        return asked_for or '"apiVersion"' in text
    return bool(YAML_NAME.fullmatch(base)) or (asked_for and likely)


def failed(name: str, error: SourceError, kind: TroubleKind) -> Reading:
    """The Reading of an input that could not be read at all."""
    lines = Lines("\n" * max(error.line - 1, 0) + " " * error.column)
    at = max(len(lines.text) - 1, 0)
    spot = TextPlaces(lines, Spot(at, at, at, at, None))
    trouble = Trouble(Node(None, Source(name, places=spot)), kind, error.message)
    return Reading(name, Outcome.FAILED, "unreadable", error.message, troubles=(trouble,))


def named(name: str) -> bool:
    """Whether a name promises something that is ours to read."""
    base = name.rpartition("/")[2]
    return bool(YAML_NAME.fullmatch(base)) or _called_dockerfile(base) or name == "-"


def _called_dockerfile(base: str) -> bool:
    """`Dockerfile.dev`, but neither the parser `dockerfile.py` nor the prose `Dockerfile.md`."""
    return bool(DOCKERFILE_NAME.fullmatch(base)) and not _OTHER_LANGUAGE.fullmatch(base)


def _begins_as_one(text: str) -> bool:
    """Whether comments and ARGs lead to a FROM."""
    return bool(_FIRST_INSTRUCTION.match(text.replace("\r\n", "\n")))


def _looks_like_objects(text: str) -> bool:
    """Both fields of an object's type at the left margin, as every manifest has them."""
    if text[:_BEGINNING].lstrip().startswith("{"):
        return '"apiVersion"' in text and '"kind"' in text
    return len({found[0].strip(" \t:\"'") for found in _OBJECT_START.finditer(text)}) == 2


def _dockerfile(name: str, text: str) -> Reading:
    from kubeguard.sources import dockerfile

    parsed, troubles = dockerfile.read(name, text)
    hard = [t for t in troubles if t.kind in _HARD]
    if hard and (expression := templates.any_template(text)):
        return _template(name, text, expression.start())
    if hard and TEMPLATE_NAME.fullmatch(name):
        return _template(name, text, 0)
    if parsed is None or hard:
        reason = hard[0].message if hard else "no instruction"
        return Reading(name, Outcome.FAILED, "Dockerfile", reason, (), parsed, troubles)
    return Reading(name, Outcome.JUDGED, "Dockerfile", "", (), parsed, troubles)


_HARD = (TroubleKind.BROKEN, TroubleKind.OVER_BUDGET, TroubleKind.UNREADABLE)


def _documents(name: str, text: str, budget: Budget, surely: bool, variables: Variables) -> Reading:
    documents, broken = parse(name, text, budget)
    if expression := _expression(text, documents, broken):
        return _template(name, text, expression.start())
    if broken and not surely:
        return Reading(name, Outcome.SKIPPED, Family.OTHER.value, NOT_OURS)
    base = name.rpartition("/")[2]
    found = [(document, sort(document.node, base, variables)) for document in documents]
    ours = [(d, s) for d, s in found if s.family not in (Family.OTHER, Family.EMPTY)]
    objects = tuple(node for _, s in ours for node in s.objects)
    troubles = [t for d, s in ours for t in (*d.troubles, *s.troubles)] + broken
    if broken:
        reason = broken[0].message
        return Reading(name, Outcome.FAILED, "YAML", reason, objects, None, tuple(troubles))
    return _accounted(name, [s for _, s in found], objects, tuple(troubles))


def _expression(
    text: str, documents: list[Document], broken: list[Trouble]
) -> re.Match[str] | None:
    """The first expression of a template engine, when that is what the text is for."""
    if not broken:
        helm = templates.helm(text)
        return helm if helm and any(templates.holds_helm(d.node.value) for d in documents) else None
    blamed = all(templates.any_template(_document_around(text, trouble)) for trouble in broken)
    return templates.any_template(text) if blamed else None


def _document_around(text: str, trouble: Trouble) -> str:
    span = trouble.node.location.span
    offset = trouble.node.source.places.lines.starts[span.line - 1] if span else 0
    start, end = text.rfind("\n---", 0, offset), text.find("\n---", offset)
    return text[max(start, 0) : end if end >= 0 else len(text)]


def parse(name: str, text: str, budget: Budget = BUDGET) -> tuple[list[Document], list[Trouble]]:
    """JSON when it is JSON, or calls itself so; YAML otherwise."""
    is_json = name.lower().endswith(".json")
    if is_json or text[:_BEGINNING].lstrip()[:1] == "{":
        documents, broken = json.read(name, text, budget)
        if is_json or not broken:
            return documents, broken
    return yaml.read(name, text, budget)


def _accounted(
    name: str, found: list[Sorted], objects: tuple[Node, ...], troubles: tuple[Trouble, ...]
) -> Reading:
    families = {s.family for s in found}
    if objects:
        ours = Family.KUBERNETES if Family.KUBERNETES in families else Family.COMPOSE
        return Reading(name, Outcome.JUDGED, ours.value, "", objects, None, troubles)
    for family in (Family.KUSTOMIZATION, Family.COMPOSE):
        if family in families:
            reason = troubles[0].message
            return Reading(name, Outcome.SKIPPED, family.value, reason, (), None, troubles)
    if families == {Family.KUBERNETES}:
        reason = troubles[0].message if troubles else "an empty list"
        return Reading(name, Outcome.SKIPPED, Family.KUBERNETES.value, reason, troubles=troubles)
    if families <= {Family.EMPTY}:
        return Reading(name, Outcome.SKIPPED, Family.EMPTY.value, "nothing but comments")
    return Reading(name, Outcome.SKIPPED, Family.OTHER.value, NOT_OURS)


def _template(name: str, text: str, start: int) -> Reading:
    message = "a template has to be rendered before it can be judged"
    mark = Mark(message, start, min(start + 2, len(text)))
    trouble = place_trouble(name, Lines(text), 0, mark, TroubleKind.TEMPLATE)
    return Reading(name, Outcome.SKIPPED, "template", message, troubles=(trouble,))
