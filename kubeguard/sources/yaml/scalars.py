"""Plain scalars mean what they mean to kubectl: YAML 1.1 as sigs.k8s.io/yaml resolves it.

Differences to PyYAML that matter: `y` and `n` are booleans, `12:30` is text, `0o17` and `1e3` are
numbers, dates are text, an integer above 64 bits is a float.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

Scalar = None | bool | int | float | str

_WORDS: Mapping[str, Scalar] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE"), True),
    **dict.fromkeys(("on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE"), False),
    **dict.fromkeys(("off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys((".nan", ".NaN", ".NAN"), math.nan),
    **dict.fromkeys((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf),
    **dict.fromkeys(("-.inf", "-.Inf", "-.INF"), -math.inf),
}
_NUMERIC_START = frozenset("+-.0123456789")
_INTEGER = re.compile(r"([-+]?)(?:0[xX]([0-9a-fA-F]+)|0[bB]([01]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]*))")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_BASES = {2: 16, 3: 2, 4: 8, 5: 10}
_MAX_DIGITS = 400
"""More digits than any float has; Python's own limit on str-to-int is never reached."""


def resolve(text: str) -> Scalar:
    """The value of a plain scalar."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMERIC_START or len(text) > _MAX_DIGITS:
        return text
    digits = text if text[0] == "." else text.replace("_", "")
    if integer := _INTEGER.fullmatch(digits):
        group = integer.lastindex or 5
        value = int(integer[1] + integer[group], _BASES[group])
        if -(2**63) <= value < 2**64:
            return value
    return _number(float(digits), text) if _FLOAT.fullmatch(digits) else text


def _number(value: float, text: str) -> Scalar:
    """JSON has one kind of number, so 1e3 is an integer; what no float can hold stays text."""
    if math.isinf(value):
        return text
    return int(value) if value.is_integer() and abs(value) < 2**63 else value


def key(text: str) -> str | None:
    """A plain scalar as a mapping key, which JSON knows only as text; None for a null, refused."""
    return name(resolve(text))


def name(value: object) -> str | None:
    """A scalar as a mapping key; None for what cannot be one."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return f"{value:g}" if isinstance(value, float) else str(value)
