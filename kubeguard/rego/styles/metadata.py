"""What METADATA says about a rule becomes the record of a check, like that of a built-in one."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any, NamedTuple

from kubeguard.model.bundle import Bundle
from kubeguard.model.dockerfile import Dockerfile
from kubeguard.model.finding import Check, Problem
from kubeguard.model.manifest import Manifest
from kubeguard.model.severity import Profile, Severity
from kubeguard.model.views import View
from kubeguard.rego.engine import Program, Rule
from kubeguard.rego.policies import Style
from kubeguard.rego.source import code, uses

_SEVERITIES = {member.name: member for member in Severity} | {
    "ERROR": Severity.HIGH,
    "WARNING": Severity.LOW,
    "WARN": Severity.LOW,
    "INFORMATION": Severity.INFO,
    "INFORMATIONAL": Severity.INFO,
}
_VIEWS: Mapping[str, type[View]] = {
    "dockerfile": Dockerfile,
    "manifest": Manifest,
    "kubernetes": Manifest,
    "run": Bundle,
}
_UNNAMED = re.compile(r"(?:deny|violation|warn)")
_PART = re.compile(r"[\w-]+")
_DOCKERFILE = re.compile(r"\b(?:Stages|Cmd)\b")
_MANIFEST = re.compile(r"\binput\.(?:apiVersion|kind|metadata|spec)\b")


class Described(NamedTuple):
    """Everything that is written under one rule path: `files` have rules of it, in order.

    `annotations` are those on which all its rules agree; `alone` says that its file has no other
    rule that finds something.
    """

    path: str
    files: tuple[str, ...]
    annotations: Mapping[str, Any]
    kind: str
    alone: bool = False

    @property
    def custom(self) -> Mapping[str, Any]:
        custom = self.annotations.get("custom")
        return custom if isinstance(custom, Mapping) else {}


def described(rules: Iterable[Rule]) -> tuple[Described, ...]:
    """Rules by the path under which they are asked for, in the order in which they stand."""
    by_path: dict[str, list[Rule]] = {}
    for rule in rules:
        by_path.setdefault(rule.path, []).append(rule)
    by_file: dict[str, set[str]] = {}
    for path, same in by_path.items():
        for rule in same:
            by_file.setdefault(rule.module, set()).add(path)
    return tuple(
        Described(
            path,
            tuple(dict.fromkeys(rule.module for rule in same)),
            _agreed([rule.annotations for rule in same]),
            same[0].kind,
            all(len(by_file[rule.module]) == 1 for rule in same),
        )
        for path, same in by_path.items()
    )


def _agreed(annotations: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
    """What all say alike; an answer does not tell which of several rules it is from."""
    first, *others = annotations
    return {key: v for key, v in first.items() if all(o.get(key) == v for o in others)}


def check(rule: Described, style: Style, views: Sequence[type[View]]) -> Check:
    """The rule as a check; whoever asks it is the engine, so `find` finds nothing."""
    custom = rule.custom
    file = Path(rule.files[0])
    title = rule.annotations.get("title")
    return Check(
        id=identifier(rule),
        name=_name(rule, file),
        title=title if isinstance(title, str) and title else in_words(rule.path),
        severity=severity(custom.get("severity"), usual(rule.path)),
        profile=Profile.BASELINE,
        on=views[0],
        find=_nothing,
        page=page(file),
        kinds=frozenset(texts(custom.get("kinds"))),
        refs=_frameworks(custom.get("frameworks")),
        like=texts(custom.get("aliases")),
        parameters=parameters(rule),
        style=style.value,
        description=_description(rule.annotations),
    )


def _description(annotations: Mapping[str, Any]) -> str:
    """What METADATA tells a reader: the description, then where more is to be read."""
    told = annotations.get("description")
    related = annotations.get("related_resources")
    links = [each.get("ref") for each in related or () if isinstance(each, Mapping)]
    lines = [f"- {link}" for link in links if isinstance(link, str)]
    return "\n\n".join(filter(None, (told if isinstance(told, str) else "", "\n".join(lines))))


def _nothing(_: View) -> tuple[Problem, ...]:
    return ()


def identifier(rule: Described) -> str:
    """`custom.id`, Trivy's `avd_id`, else the path of the rule."""
    given = (rule.custom.get(key) for key in ("id", "avd_id"))
    return next((text for text in given if isinstance(text, str) and text), rule.path)


def parameters(rule: Described) -> Mapping[str, Any]:
    """The defaults of what kubeguard.yaml may set."""
    given = rule.custom.get("parameters")
    return given if isinstance(given, Mapping) else {}


def _name(rule: Described, file: Path) -> str:
    """The file's name where the rule is alone in it, else the end of its path."""
    if rule.alone and len(rule.files) == 1 and _PART.fullmatch(file.stem):
        return file.stem
    parts = _PART.findall(rule.path)
    return "_".join(parts[-2:] if _UNNAMED.fullmatch(parts[-1]) else parts[-1:])


def in_words(path: str) -> str:
    """`main.deny_latest_tag` is `main: deny latest tag`."""
    *package, rule = _PART.findall(path)
    words = rule.replace("_", " ")
    return f"{'.'.join(package)}: {words}" if package else words


def severity(given: object, otherwise: Severity) -> Severity:
    """The severity of this name, however it is spelled."""
    return (
        _SEVERITIES.get(given.strip().upper(), otherwise) if isinstance(given, str) else otherwise
    )


def usual(path: str) -> Severity:
    """A warning is low; what denies is medium until it says otherwise."""
    return Severity.LOW if _PART.findall(path)[-1].startswith("warn") else Severity.MEDIUM


def page(file: Path) -> Path:
    """The page beside the policy, else the policy itself."""
    beside = file.with_suffix(".md")
    return beside if beside.is_file() else file


def texts(value: object) -> tuple[str, ...]:
    """The strings of a list; a string is a list of one."""
    if isinstance(value, str):
        return (value,)
    return tuple(v for v in value if isinstance(v, str)) if isinstance(value, list) else ()


def _frameworks(value: object) -> tuple[str, ...]:
    """A list of sections, or, as Trivy has it, lists of them by framework."""
    if not isinstance(value, Mapping):
        return texts(value)
    return tuple(
        f"{name} {section}".strip()
        for name, sections in value.items()
        for section in (texts(sections) or ("",))
        if name != "default"
    )


def views(rule: Described, program: Program, sources: Mapping[str, str]) -> tuple[type[View], ...]:
    """What the rule is about: what METADATA says, else what its modules speak of."""
    given = rule.custom.get("input")
    said = tuple(_VIEWS[name] for name in texts(given) if name in _VIEWS)
    if said:
        return said
    found = {view for file in rule.files for view in _spoken_of(file, program, sources)}
    return tuple(view for view in (Manifest, Dockerfile) if view in found)


def _spoken_of(file: str, program: Program, sources: Mapping[str, str]) -> tuple[type[View], ...]:
    """What a module reads, or, when it leaves that to others, what those read; else manifests."""
    text = code(sources[file])
    if own := _signs(text):
        return own
    used = (p.module for p in program.packages if uses(text, p.package) and p.module != file)
    theirs = {view for module in used for view in _signs(code(sources.get(module, "")))}
    return tuple(theirs) or (Manifest,)


@lru_cache(maxsize=1024)
def _signs(text: str) -> tuple[type[View], ...]:
    signs = ((Manifest, _MANIFEST), (Dockerfile, _DOCKERFILE))
    return tuple(view for view, sign in signs if sign.search(text))
