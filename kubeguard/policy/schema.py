"""What is wrong with the shape of a file of settings, in one sentence with its place."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path as File
from typing import TYPE_CHECKING, Any

from kubeguard.errors import UsageError
from kubeguard.model.location import Span, dotted
from kubeguard.model.node import Node
from kubeguard.policy.names import suggest

if TYPE_CHECKING:
    from jsonschema.exceptions import ValidationError

SCHEMA = File(__file__).with_name("kubeguard.schema.json")
"""Published for editors; JSON Schema draft 2020-12."""
_TYPES = {
    "array": "a list",
    "boolean": "true or false",
    "integer": "a whole number",
    "number": "a number",
    "object": "a mapping",
    "string": "text",
}
_PATTERNS = {
    "address": "an address such as 127.0.0.1",
    "host": "a DNS name such as questions.example.com",
    "image": "an image such as registry.example.com/app@sha256:...",
    "kind": "a kind without its group, such as Role",
    "kubernetes_version": "a release such as 1.33",
    "namespace": "a name that a namespace can have",
    "postgresql_image": "an image such as docker.io/library/postgres@sha256:...",
    "project": "a name that a project can have",
    "redis_image": "an image such as docker.io/library/redis@sha256:...",
    "training_image": "an image such as registry.example.com/app@sha256:...",
    "until": "a date such as 2027-01-31",
}


def validate(node: Node, schema: File = SCHEMA) -> None:
    """Raise UsageError for the first thing, in the order of the text, that the schema refuses.

    What is missing comes last: the usual reason is a misspelt key.
    """
    from jsonschema import Draft202012Validator

    errors = list(Draft202012Validator(_loaded(schema)).iter_errors(node.value))
    wrong = [error for error in errors if error.validator != "required"] or errors
    if wrong:
        raise mistake(*min((_explain(node, error) for error in wrong), key=_order))


def mistake(node: Node, message: str, hint: str = "", key: bool = False) -> UsageError:
    """The error to raise about a value, or with `key` about the key that names it."""
    span = _span(node, key)
    place = f"{node.source.name}:{span.line}:{span.column}" if span else node.source.name
    return UsageError(f"{place}: {message}", hint)


Explained = tuple[Node, str, str, bool]
"""The arguments of `mistake`."""


def shown(value: object) -> str:
    """A value as a message shows it: short, and as YAML calls it."""
    match value:
        case None:
            return "null"
        case bool():
            return str(value).lower()
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case str():
            return repr(value if len(value) <= 40 else value[:40] + "...")
        case _:
            return repr(value)[:40]


@cache
def _loaded(schema: File) -> Any:
    return json.loads(schema.read_text(encoding="utf-8"))


def _span(node: Node, key: bool) -> Span | None:
    places = node.source.places
    return places.key_span(node.path) if key else places.span(node.path)


def _order(explained: Explained) -> tuple[int, int]:
    node, _, _, key = explained
    span = _span(node, key)
    return (span.line, span.column) if span else (0, 0)


def _explain(root: Node, error: ValidationError) -> Explained:
    path = tuple(error.absolute_path)
    allowed: Any = error.validator_value
    value: Any = error.instance
    name = dotted(path) or "the configuration"
    match error.validator:
        case "additionalProperties":
            key, hint = _unknown(value, error)
            return root.at(*path, key), f"unknown key {shown(key)} in {name}", hint, True
        case "required":
            missing = next(key for key in allowed if key not in value)
            hint = _property(error, missing)["description"]
            return root.at(*path), f"{name} has no {missing}", hint, False
        case rule:
            message, hint = _sentence(name, str(rule), allowed, value)
            return root.at(*path), message, hint, False


def _property(error: ValidationError, name: str) -> Any:
    schema: Any = error.schema
    return schema["properties"][name]


def _unknown(value: dict[str, object], error: ValidationError) -> tuple[str, str]:
    """The first key that the schema does not know, and a hint."""
    schema: Any = error.schema
    known = list(schema["properties"])
    key = next(key for key in value if key not in known)
    return key, suggest(key, known) or f"known are {', '.join(known)}"


_LIMITS = {"minimum": "at least", "maximum": "at most"}


def _sentence(name: str, rule: str, allowed: Any, value: object) -> tuple[str, str]:
    last = name.rpartition(".")[2]
    if last == "kubernetes_version" and isinstance(value, int | float) and value is not True:
        number = f"{name} is the number {shown(value)}, and YAML drops the zero of 1.30: quote it"
        return number, 'for example kubernetes_version: "1.33"'
    if rule == "enum":
        hint = suggest(value, allowed) if isinstance(value, str) else ""
        return f"{name} is {shown(value)}, not one of {', '.join(allowed)}", hint
    if rule == "type":
        hint = f"write [{value}]" if allowed == "array" and isinstance(value, str) else ""
        return f"{name} is {shown(value)}, not {_TYPES[allowed]}", hint
    if rule == "exclusiveMinimum":
        return f"{name} is {shown(value)}, and has to be more than {allowed}", ""
    if rule in _LIMITS:
        return f"{name} is {shown(value)}, and has to be {allowed} {_LIMITS[rule]}", ""
    if rule == "pattern" and last in _PATTERNS:
        return f"{name} is {shown(value)}, not {_PATTERNS[last]}", ""
    return f"{name} is empty", ""
