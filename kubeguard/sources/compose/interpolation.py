"""Variables in the values of a Compose file, as `docker compose config` puts them in."""

from __future__ import annotations

from collections.abc import Mapping

from kubeguard.errors import KubeguardError
from kubeguard.model.regex import Regex

Variables = Mapping[str, str] | None
"""The values by name; None when nobody knows them, so that only defaults count."""
_REFERENCE = Regex(r"\$(?:(\$)|([A-Za-z_][A-Za-z0-9_]*)|\{([A-Za-z_][A-Za-z0-9_]*)(:?[-?+])?)")
_DEEPEST = 20


class VariableError(KubeguardError):
    """A variable that has to have a value and has none, or that is not written as one is."""


class Open(str):
    """A text that a variable without a known value decides; it reads `$NAME` there."""

    __slots__ = ()


def interpolated(text: str, variables: Variables) -> str:
    """The text with its variables replaced. Raises VariableError."""
    if "$" not in text:
        return text
    written, is_open, _ = _replaced(text, 0, variables, 0)
    return Open(written) if is_open else written


def _replaced(text: str, at: int, variables: Variables, depth: int) -> tuple[str, bool, int]:
    """From `at` on, inside of braces up to the brace that closes them; and where that is."""
    if depth > _DEEPEST:
        raise VariableError("variables are nested too deep")
    pieces: list[str] = []
    is_open = False
    while at < len(text) and not (depth and text[at] == "}"):
        found = _REFERENCE.match(text, at)
        if not found:
            if text[at] == "$":
                raise VariableError("a lone $ is no variable: write $$ when it is meant")
            pieces.append(text[at])
            at += 1
            continue
        at = found.end()
        if found[1]:
            pieces.append("$")
            continue
        other, other_open = "", False
        if found[3]:
            if found[4]:
                other, other_open, at = _replaced(text, at, variables, depth + 1)
            if text[at : at + 1] != "}":
                raise VariableError(f"the variable {found[3]} has no closing brace")
            at += 1
        value = _value(found[2] or found[3], found[4] or "", other, variables)
        pieces.append(value)
        is_open |= isinstance(value, Open) or (other_open and value == other)
    return "".join(pieces), is_open, at


def _value(name: str, operator: str, other: str, variables: Variables) -> str:
    """The value of a variable; what stands behind `-`, `+` and `?` is `other`."""
    if variables is None:
        return other if operator.endswith("-") else Open(f"${name}")
    value = variables.get(name)
    missing = not value if operator.startswith(":") else value is None
    if operator.endswith("?") and missing:
        raise VariableError(f"{name} has no value: {other[:80] or 'it has to have one'}")
    if operator.endswith("-") and missing:
        return other
    if operator.endswith("+"):
        return "" if missing else other
    return value or ""
