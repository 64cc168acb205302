"""Text that a template engine has to turn into YAML first."""

from __future__ import annotations

import re

_HELM = re.compile(
    r"\{\{-?\s*(?:\.Values\b|\.Release\b|\.Chart\b|\.Capabilities\b|\.Files\b|\$?\.Values\b"
    r"|include\s+\"|template\s+\"|define\s+\"|toYaml\b|tpl\b|fail\b|lookup\s)"
)
_ANY = re.compile(r"\{\{|\{%|<%|\$\{\{")


def helm(text: str) -> re.Match[str] | None:
    """The first expression that only Helm understands, comments left aside."""
    if "{{" not in text:
        return None
    for found in _HELM.finditer(text):
        line = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
        if not line.lstrip().startswith("#"):
            return found
    return None


def any_template(text: str) -> re.Match[str] | None:
    """The first template expression of any engine (Helm, Jinja, ERB), comments left aside."""
    for found in _ANY.finditer(text):
        line = text[text.rfind("\n", 0, found.start()) + 1 : found.start()]
        if not line.lstrip().startswith("#"):
            return found
    return None
