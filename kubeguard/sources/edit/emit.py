"""Values as YAML or JSON, in the form that a person would have written."""

from __future__ import annotations

import json
import re

from kubeguard.sources.yaml import scalars

_PLAIN = re.compile(r"[A-Za-z_./][\w.@+/-]*(?::[\w.@+/-]+)*", re.ASCII)
_WIDEST = 60


def scalar(value: object, like: str = "") -> str:
    """One value; text is quoted as the text `like` is, which it replaces, or where it has to be."""
    if not isinstance(value, str):
        return json.dumps(value)
    if like[:1] == "'" and value.isprintable():
        return "'" + value.replace("'", "''") + "'"
    plain = like[:1] != '"' and _PLAIN.fullmatch(value) and scalars.resolve(value) == value
    return value if plain else json.dumps(value, ensure_ascii=False)


def flow(value: object, like: str = "", lead: str = "", step: str = "") -> str:
    """A value in braces and brackets; `like` a double quote it is JSON.

    With a `lead`, a line break and the indentation of its line, mappings take a line per key.
    """
    below = lead and lead + step
    if isinstance(value, dict):
        entries = [pair(key, item, like, below, step) for key, item in value.items()]
        if entries and lead:
            return f"{{{below}{f',{below}'.join(entries)}{lead}}}"
        return f"{{{', '.join(entries)}}}"
    if isinstance(value, list):
        return f"[{', '.join(flow(item, like) for item in value)}]"
    return scalar(value, like)


def pair(key: str, value: object, like: str, lead: str, step: str) -> str:
    """One key with its value, for within braces."""
    return f"{scalar(key, like)}: {flow(value, like, lead, step)}"


def fits(value: object) -> bool:
    """Whether it goes on the line of its key: scalars, short lists of them, what is empty."""
    if isinstance(value, list):
        scalars_only = not any(isinstance(item, dict | list) for item in value)
        return scalars_only and len(flow(value)) <= _WIDEST
    return not value or not isinstance(value, dict)


def block(value: object, column: int, step: int) -> list[str]:
    """The lines of a mapping or list whose keys or dashes stand at `column` (zero-based)."""
    pad = " " * column
    if isinstance(value, dict):
        return [line for key, item in value.items() for line in entry(key, item, column, step)]
    if isinstance(value, list):
        lines: list[str] = []
        for item in value:
            first, *others = [flow(item)] if fits(item) else block(item, column + 2, step)
            lines += (f"{pad}- {first.lstrip()}", *others)
        return lines
    return [pad + scalar(value)]


def entry(key: str, value: object, column: int, step: int) -> list[str]:
    """The lines of one key with its value; the dashes of a list stand below the key."""
    head = " " * column + scalar(key) + ":"
    if fits(value):
        return [f"{head} {flow(value)}"]
    return [head, *block(value, column if isinstance(value, list) else column + step, step)]
