"""All inputs of a run judged as one list, as `conftest --combine` has it."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from kubeguard.model.bundle import Bundle
from kubeguard.model.manifest import Manifest
from kubeguard.model.views import View
from kubeguard.rego import places
from kubeguard.rego.styles.results import Result


class Combined(Bundle):
    """All inputs of a run in the order of conftest's list: by path."""

    def __init__(self, views: Sequence[View]) -> None:
        super().__init__(tuple(view for view in views if isinstance(view, Manifest)))
        self.views = tuple(sorted(views, key=lambda view: view.node.source.name))

    def entries(self, shape: Callable[[View], Any]) -> list[dict[str, Any]]:
        """The list: each input with its path, in the shape that it has by itself."""
        return [{"path": v.node.source.name, "contents": shape(v)} for v in self.views]


def about(view: View, result: Result) -> tuple[View, Result]:
    """The input of a combined list that a result is about: at the index its path begins with, of
    the name or the file that its message mentions, else the first."""
    if not isinstance(view, Combined):
        return view, result
    first, *inside = places.steps(result.said.get("path")) or ("",)
    if isinstance(first, int) and 0 <= first < len(view.views):
        inside = inside[1:] if inside[:1] == ["contents"] else inside
        return view.views[first], result._replace(said={**result.said, "path": inside})
    return max(view.views, key=lambda each: _likeness(each, result.message)), result


def _likeness(view: View, message: str) -> int:
    """How much of an input a message mentions; its name counts most."""
    if not isinstance(view, Manifest):
        return 2 * _mentions(message, view.node.source.name)
    likeness = 4 * _mentions(message, view.name) + 2 * _mentions(message, view.node.source.name)
    return likeness + _mentions(message.lower(), view.kind.lower())


def _mentions(message: str, word: str) -> bool:
    return bool(word) and re.search(rf"(?<![\w-]){re.escape(word)}(?![\w-])", message) is not None
