"""An image as its manifest describes it, before its layers are read."""

from __future__ import annotations

from typing import NamedTuple

from kubeguard.sources.images.store import Document


class Layer(NamedTuple):
    """The name of a layer in its store, and the digest of it as it lies there ('' if unknown)."""

    name: str
    digest: str


class Described(NamedTuple):
    """The names an image has been given, its configuration, its layers from the bottom up.

    `manifests` are the digests of the manifest and the index that lead to it.
    """

    names: tuple[str, ...]
    config: Document
    layers: tuple[Layer, ...]
    manifests: tuple[str, ...] = ()
