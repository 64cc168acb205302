"""A patch is a part of an object: judging it alone would call everything else in it missing."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator

from kubeguard.model.finding import Outcome
from kubeguard.model.node import Node
from kubeguard.model.reading import Reading
from kubeguard.model.trouble import TroubleKind

_PATCHES = ("patches", "patchesStrategicMerge", "patchesJson6902", "replacements")
_PARTS = ("configurations", "transformers", "generators")
_WHOLE = ("resources", "crds", "bases")
"""What is listed here is a whole object, whatever else it is used for."""


def set_patches_aside(readings: Iterable[Reading]) -> tuple[Reading, ...]:
    """The readings, with files that a kustomization names as patches skipped and accounted for."""
    found = tuple(readings)
    kustomizations = [
        (posixpath.dirname(reading.name), trouble.node)
        for reading in found
        for trouble in reading.troubles
        if trouble.kind is TroubleKind.KUSTOMIZATION
    ]
    patches = {_join(folder, path) for folder, node in kustomizations for path in _patches(node)}
    patches -= {_join(folder, path) for folder, node in kustomizations for path in _whole(node)}
    return tuple(_aside(r) if posixpath.normpath(r.name) in patches else r for r in found)


def _join(folder: str, path: str) -> str:
    return posixpath.normpath(posixpath.join(folder, path))


def _whole(kustomization: Node) -> Iterator[str]:
    return (item.text for key in _WHOLE for item in kustomization[key] if item.text)


def _patches(kustomization: Node) -> Iterator[str]:
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
    # A patch may leave out its kind: the kustomization names the target.
    troubles = tuple(t for t in reading.troubles if t.kind is not TroubleKind.NO_KIND)
    return Reading(reading.name, Outcome.SKIPPED, "kustomize patch", reason, troubles=troubles)
