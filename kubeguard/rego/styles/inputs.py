"""What policies see: objects exactly as they are in the file, or with lines as Trivy adds them."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import orjson

from kubeguard.model.dockerfile import Dockerfile
from kubeguard.model.location import Path
from kubeguard.model.node import Node
from kubeguard.model.views import View
from kubeguard.rego.places import to_pointer
from kubeguard.sources.places import TextPlaces

if TYPE_CHECKING:
    from kubeguard.rego.styles.dockerfiles import Shapes

METADATA = "__defsec_metadata"
"""The key under which Trivy keeps the place of a mapping, in the mapping itself."""
KEY = "kubeguard:"
"""Before the path of a mapping in `fskey`, a field of Trivy's places that manifests leave empty."""

_shapes: WeakKeyDictionary[View, Shapes] = WeakKeyDictionary()
_written: WeakKeyDictionary[View, orjson.Fragment] = WeakKeyDictionary()
_lined: WeakKeyDictionary[View, orjson.Fragment] = WeakKeyDictionary()


def shapes_of(view: Dockerfile) -> Shapes:
    """Both shapes of a Dockerfile, made once."""
    found = _shapes.get(view)
    if found is None:
        from kubeguard.rego.styles.dockerfiles import shapes

        found = _shapes[view] = shapes(view)
    return found


def as_written(view: View) -> orjson.Fragment:
    """The object as it is in the file; of a Dockerfile `{"Stages": [...]}`, as Trivy has it.

    Encoded once, however many policies are asked: encoding is what costs.
    """
    return _once(_written, view, lambda: _document(view))


def as_trivy(view: View) -> orjson.Fragment:
    """As written, and in every mapping of a manifest the lines it is on."""
    if isinstance(view, Dockerfile):
        return as_written(view)
    return _once(_lined, view, lambda: with_lines(view.node))


def as_conftest(view: View) -> Any:
    """As written; of a Dockerfile the list of its commands."""
    return shapes_of(view).commands if isinstance(view, Dockerfile) else as_written(view)


def _document(view: View) -> object:
    return shapes_of(view).stages if isinstance(view, Dockerfile) else view.node.value


def _once(
    known: WeakKeyDictionary[View, orjson.Fragment], view: View, make: Callable[[], object]
) -> orjson.Fragment:
    found = known.get(view)
    if found is None:
        found = known[view] = encoded(make())
    return found


def encoded(value: object) -> orjson.Fragment:
    """The value in JSON, also what orjson refuses: large numbers, halves of characters."""
    try:
        return orjson.Fragment(orjson.dumps(value))
    except TypeError:
        return orjson.Fragment(json.dumps(value, default=str).encode())


def with_lines(node: Node) -> dict[str, Any]:
    """The mapping, and in every mapping inside the file and lines where its entries stand.

    Lines are those of the file, so `offset`, which Trivy counts from the start of the document, is
    always 0.
    """
    lined, _ = _Lines(node).mapping(node.mapping, ())
    return lined


class _Lines:
    """Walks through one object; paths are those inside it."""

    def __init__(self, node: Node) -> None:
        self.source = node.source
        self.root = node.path

    def value(self, value: object, path: Path) -> tuple[Any, int]:
        """The value, and the last line on which anything in it begins."""
        if isinstance(value, dict):
            return self.mapping(value, path)
        if isinstance(value, list):
            items = [self.value(item, (*path, index)) for index, item in enumerate(value)]
            return [item for item, _ in items], max([self.line(path), *(last for _, last in items)])
        return value, self.line(path)

    def mapping(self, value: Mapping[str, object], path: Path) -> tuple[dict[str, Any], int]:
        first = last = self.line(path)
        lined: dict[str, Any] = {}
        for key, child in value.items():
            lined[key], end = self.value(child, (*path, key))
            last = max(last, end)
        place = {
            "startline": first,
            "endline": last,
            "filepath": self.source.name,
            "offset": 0,
            "fskey": KEY + to_pointer(path),
        }
        return {METADATA: place, **lined}, last

    def line(self, path: Path) -> int:
        """The line on which a value begins: of a mapping, that of its first key."""
        places = self.source.places
        if isinstance(places, TextPlaces):
            return places.lines.position(places.spot((*self.root, *path)).start)[0]
        span = places.span((*self.root, *path))
        return span.line if span else 0
