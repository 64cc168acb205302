"""What a value of the wrong type is called, and the value its author meant."""

from __future__ import annotations

import math
import re

from kubeguard.model.fix import Fix, advise, put
from kubeguard.model.node import Node

NAMES = {
    "string": "a string",
    "integer": "a whole number",
    "number": "a number",
    "boolean": "a boolean",
    "object": "a mapping",
    "array": "a list",
}
BOOLEANS = {"true": True, "false": False}


def called(value: object) -> str:
    """The value's type in words; the value itself only for booleans, as it may be a secret."""
    match value:
        case None:
            return "empty"
        case bool():
            return f"the boolean {str(value).lower()}"
        case float() if not math.isfinite(value):
            return "the number .nan or .inf"
        case int() | float():
            return "a number"
        case str():
            return NAMES["string"]
        case dict():
            return NAMES["object"]
    return NAMES["array"]


def retype(where: Node, types: list[str], wanted: str) -> Fix:
    """Quote or unquote where the text leaves no doubt; the server takes nothing as it is now."""
    value = where.value
    if isinstance(value, bool | int | float) and types == ["string"]:
        written = _written(where)
        if written:
            return put(where, written, hint="put it in quotes")
        return advise("put it in quotes")
    if isinstance(value, str):
        if "integer" in types and re.fullmatch(r"0|-?[1-9][0-9]{0,17}", value):
            return put(where, int(value), hint="take the quotes off")
        if "boolean" in types and value in BOOLEANS:
            return put(where, BOOLEANS[value], hint="take the quotes off")
    if where.path and where.path[-1] == "matchLabels":
        return advise("write the labels straight into the selector")
    if isinstance(value, dict) and "array" in types:
        return advise("write a list, with a dash before each entry")
    return advise(f"write {wanted}")


def _written(where: Node) -> str:
    """The plain scalar as its author wrote it: `1.10` and `yes` are lost once they are parsed."""
    span = where.location.span
    if span is None or span.line != span.end_line:
        return ""
    text = where.source.places.lines.line(span.line)[span.column - 1 : span.end_column - 1]
    return text if re.fullmatch(r"[\w.+-]+", text, re.ASCII) else ""
