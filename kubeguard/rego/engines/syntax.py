"""What a program consists of, told from the syntax trees that OPA itself writes as JSON."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from kubeguard.rego.engine import Package, Program, Rule

_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_KEYWORDS = frozenset(
    {"as", "contains", "default", "else", "every", "false", "if", "import", "in", "not", "null"}
    | {"package", "some", "true", "with"}
)
_SCALARS = frozenset({"null", "boolean", "number", "string"})


class Tree(NamedTuple):
    """A module: `version` is v0 or v1; `tree` may lack locations, so `text` is searched then."""

    module: str
    version: str
    text: str
    tree: Mapping[str, Any]


def program(number: int, trees: Sequence[Tree]) -> Program:
    """Packages and rules, in the order of the modules' names."""
    ordered = sorted(trees, key=lambda each: each.module)
    said = _Said(ordered)
    packages = tuple(_package(each, said) for each in ordered)
    return Program(number, packages, tuple(rule for each in ordered for rule in _rules(each, said)))


class _Said:
    """Annotations by what they are about, each by the path of a package or rule."""

    def __init__(self, trees: Sequence[Tree]) -> None:
        self.package: dict[str, Mapping[str, Any]] = {}
        self.below: dict[tuple[str, ...], Mapping[str, Any]] = {}
        self.document: dict[str, Mapping[str, Any]] = {}
        for each in trees:
            path = _parts(each.tree["package"]["path"])
            for annotation in each.tree.get("annotations") or ():
                if annotation["scope"] == "package":
                    self.package[_path(path)] = annotation
                elif annotation["scope"] == "subpackages":
                    self.below[path] = annotation
            for rule in each.tree.get("rules") or ():
                for annotation in rule.get("annotations") or ():
                    if annotation["scope"] == "document":
                        self.document[_path((*path, *_head(rule)))] = annotation

    def of_package(self, path: tuple[str, ...]) -> Iterator[Mapping[str, Any]]:
        """What is said of a package and those around it, the closest first."""
        if found := self.package.get(_path(path)):
            yield found
        for length in range(len(path), 0, -1):
            if around := self.below.get(path[:length]):
                yield around

    def of_rule(
        self, path: tuple[str, ...], rule: Mapping[str, Any]
    ) -> Iterator[Mapping[str, Any]]:
        yield from (a for a in rule.get("annotations") or () if a["scope"] == "rule")
        if found := self.document.get(_path((*path, *_head(rule)))):
            yield found
        yield from self.of_package(path)


def _package(of: Tree, said: _Said) -> Package:
    path = _parts(of.tree["package"]["path"])
    imports = tuple(_path(_terms(i["path"]["value"])) for i in of.tree.get("imports") or ())
    return Package(of.module, _path(path), of.version, imports, _merged(said.of_package(path)))


def _rules(of: Tree, said: _Said) -> Iterator[Rule]:
    package = _parts(of.tree["package"]["path"])
    offset = 0
    for rule in of.tree.get("rules") or ():
        head = _head(rule)
        place = rule.get("location") or rule["head"].get("location")
        if place:
            line, column = place["row"], place["col"]
        else:
            found = re.compile(rf"^(default\s+)?{head[0]}\b", re.MULTILINE).search(of.text, offset)
            offset = found.end() if found else offset
            line, column = of.text.count("\n", 0, offset) + 1, 1
        annotations = _merged(said.of_rule(package, rule))
        path = _path((*package, *head))
        yield Rule(of.module, _path(package), path, line, column, _kind(rule["head"]), annotations)


def _kind(head: Mapping[str, Any]) -> str:
    if head.get("args"):
        return "function"
    if not all(map(_ground, head.get("ref", ())[1:])):
        return "object"
    return "set" if "key" in head and "value" not in head else "value"


def _head(rule: Mapping[str, Any]) -> tuple[str, ...]:
    """The path of a rule in its package, as far as it is fixed."""
    head = rule["head"]
    if "ref" not in head:
        return (head["name"],)
    first, *rest = head["ref"]
    fixed = [first]
    for term in rest:
        if not _ground(term):
            break
        fixed.append(term)
    return _terms(fixed)


def _ground(term: Any) -> bool:
    """Whether a term is the same whatever the input."""
    if isinstance(term, Mapping):
        if term.get("type") in _SCALARS:
            return True
        if term.get("type") not in ("array", "object", "set"):
            return False
        return _ground(term["value"])
    return all(map(_ground, term))


def _parts(path: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The path of a package, which begins with `data`."""
    return _terms(path)[1:]


def _terms(terms: Iterable[Mapping[str, Any]]) -> tuple[str, ...]:
    return tuple(term["value"] for term in terms)


def _path(parts: Sequence[str]) -> str:
    """A path as OPA writes it: `main["b-c"].deny`."""
    text = ""
    for part in parts:
        if not isinstance(part, str):
            text += f"[{_written(part)}]"
        elif not text or (_NAME.fullmatch(part) and part not in _KEYWORDS):
            text += f".{part}" if text else part
        else:
            text += f"[{_written(part)}]"
    return text


def _written(part: object) -> str:
    import json

    return json.dumps(part, ensure_ascii=False)


def _merged(closest_first: Iterable[Mapping[str, Any]]) -> dict[str, Any]:
    """Annotations as one: the closest wins key by key, and within a mapping again key by key."""
    merged: dict[str, Any] = {}
    for said in reversed(tuple(closest_first)):
        for key, value in said.items():
            known = merged.get(key)
            if isinstance(known, dict) and isinstance(value, Mapping):
                merged[key] = {**known, **value}
            elif key != "location":
                merged[key] = dict(value) if isinstance(value, Mapping) else value
    return merged
