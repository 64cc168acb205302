"""Text that a template engine has to turn into YAML first."""

from __future__ import annotations

import re

from kubeguard.model.regex import Regex

_HELM = Regex(
    r"\{\{-?\s*(?:\$?\.Values\b|\.Release\b|\.Chart\b|\.Capabilities\b|\.Files\b"
    r"|include\s+\"|template\s+\"|define\s+\"|toYaml\b|tpl\b|fail\b|lookup\s)"
)
_ANY = Regex(r"\{\{|\{%|<%")


def helm(text: str) -> re.Match[str] | None:
    """The first expression that only Helm understands, comments left aside."""
    return _first(_HELM, text) if "{{" in text else None


def any_template(text: str) -> re.Match[str] | None:
    """The first template expression of any engine (Helm, Jinja, ERB), comments left aside."""
    return _first(_ANY, text)


def holds_helm(value: object) -> bool:
    """Whether a parsed value has Helm's expressions for values or keys.

    In a text of several lines they are what somebody carries: the rules of an alert manager, say.
    """
    stack = [value]
    while stack:
        here = stack.pop()
        if isinstance(here, dict):
            stack += here.keys()
            stack += here.values()
        elif isinstance(here, list):
            stack += here
        elif isinstance(here, str) and "{{" in here and "\n" not in here and _HELM.search(here):
            return True
    return False


def _first(expression: Regex, text: str) -> re.Match[str] | None:
    found = expression.search(text)
    while found:
        start = text.rfind("\n", 0, found.start()) + 1
        if not text[start : found.start()].lstrip().startswith("#"):
            return found
        end = text.find("\n", found.end())
        found = expression.search(text, end) if end >= 0 else None
    return None
