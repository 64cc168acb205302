"""Objects as YAML that people like to read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import yaml


def documents(objects: Iterable[Mapping[str, Any]]) -> str:
    """A YAML stream."""
    return "---\n".join(map(document, objects))


def document(content: Mapping[str, Any]) -> str:
    """One YAML document, in the style of kubectl, with texts of several lines as blocks."""
    return yaml.dump(
        dict(content), Dumper=_Dumper, sort_keys=False, width=10_000, allow_unicode=True
    )


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, _: Any) -> bool:
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
