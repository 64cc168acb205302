"""A patch is a part of an object: judging it alone would call everything else in it missing."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from dataclasses import replace

from kubeguard.model.finding import Outcome
from kubeguard.model.node import Node
from kubeguard.model.reading import Reading
from kubeguard.model.trouble import TroubleKind

_PATCHES = ("patches", "patchesStrategicMerge", "patchesJson6902", "replacements")
_PARTS = ("configurations", "transformers", "generators")


def set_patches_aside(readings: Iterable[Reading]) -> tuple[Reading, ...]:
    """The readings, with files that a kustomization names as patches skipped and accounted for."""
    found = tuple(readings)
    patches = {
        posixpath.normpath(posixpath.join(posixpath.dirname(reading.name), path))
        for reading in found
        for trouble in reading.troubles
        if trouble.kind is TroubleKind.KUSTOMIZATION
        for path in _named_by(trouble.node)
    }
    return tuple(_aside(r) if posixpath.normpath(r.name) in patches else r for r in found)


def _named_by(kustomization: Node) -> Iterator[str]:
    for key in _PATCHES:
        for item in kustomization[key]:
            path = item.text or item["path"].text
            if path and "\n" not in path:
                yield path
    for key in _PARTS:
        yield from (item.text for item in kustomization[key] if item.text)


def _aside(reading: Reading) -> Reading:
    if reading.outcome is Outcome.FAILED:
        return reading
    reason = "a patch, judged as a part of what its kustomization builds"
    return replace(
        reading, outcome=Outcome.SKIPPED, what="kustomize patch", reason=reason, objects=()
    )
