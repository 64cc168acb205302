"""The text of a module, as far as it can be read without a parser: what it calls and names."""

from __future__ import annotations

import re
from functools import lru_cache

from kubeguard.rego.engine import Diagnostic, Module

_COMMENT = re.compile(r'("(?:[^"\\\n]|\\.)*"|`[^`]*`)|#[^\n]*')


@lru_cache(maxsize=1024)
def code(text: str) -> str:
    """A module with its comments blanked, so that offsets stay."""
    return _COMMENT.sub(lambda found: found[1] or " " * len(found[0]), text)


def calls(text: str, function: str) -> bool:
    """Whether a module calls a function."""
    return call(text, function) is not None


def call(text: str, function: str) -> re.Match[str] | None:
    """The first call of a function in a module."""
    if f"{function}(" not in text:
        return None
    return re.search(rf"(?<![\w.]){re.escape(function)}\(", code(text))


def uses(text: str, package: str) -> bool:
    """Whether code names a package."""
    if f"data.{package}" not in text:
        return False
    return re.search(rf"\bdata\.{re.escape(package)}(?![\w-])", text) is not None


def at(module: Module, offset: int, code: str, message: str) -> Diagnostic:
    """Something to say about a place in a module."""
    before = module.text[:offset]
    line = before.count("\n") + 1
    text = module.text.split("\n")[line - 1].rstrip("\r")
    return Diagnostic(code, message, module.name, line, offset - before.rfind("\n"), text)
