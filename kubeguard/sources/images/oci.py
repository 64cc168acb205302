"""OCI layouts and archives of them: an index of manifests, or of further indexes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from kubeguard.errors import SourceError
from kubeguard.sources.images import platforms
from kubeguard.sources.images.budget import TooLargeError
from kubeguard.sources.images.described import Described, Layer
from kubeguard.sources.images.platforms import Platform
from kubeguard.sources.images.store import Document, Store, blob_name, document

INDEX = "index.json"
_CONFIGURATIONS = (
    "application/vnd.oci.image.config.v1+json",
    "application/vnd.docker.container.image.v1+json",
)
SIGNATURE_LAYER = "application/vnd.dev.cosign.simplesigning.v1+json"
_STATEMENTS = (SIGNATURE_LAYER, "application/vnd.dsse.envelope.v1+json")
"""Layers of cosign's signatures and attestations, which call themselves images."""
_BESIDE = re.compile(r"sha256-[0-9a-f]{64}\.(?:sig|att|sbom)$")
"""The tags of what cosign puts beside an image."""
_NAMES = ("io.containerd.image.name", "org.opencontainers.image.ref.name")
_Descriptor = dict[str, Any]


def described(store: Store, tag: str, platform: Platform | None) -> Iterator[Described]:
    """Each image of the layout, or the one with this tag; one platform of each.

    Raises SourceError.
    """
    return _Layout(store, platform).images(tag)


class _Layout:
    def __init__(self, store: Store, platform: Platform | None) -> None:
        self.store = store
        self.platform = platform
        self.read = 0

    def images(self, tag: str) -> Iterator[Described]:
        named: dict[str, list[_Descriptor]] = {}
        for descriptor in document(self.store, INDEX).entries("manifests"):
            if not _BESIDE.search(name_of(descriptor)):
                named.setdefault(name_of(descriptor), []).append(descriptor)
        if tag:
            named = {name: found for name, found in named.items() if _is_called(name, tag)}
            if not named:
                raise SourceError(f"no image is called {tag[:100]!r}")
        for name, descriptors in named.items():
            found = [(d.get("digest"), one) for d in descriptors for one in self._manifests(d, 0)]
            if found:
                yield self._chosen(name, found)
            elif tag:
                raise SourceError(f"{tag[:100]!r} is no image, or lies elsewhere")

    def _manifests(self, descriptor: _Descriptor, depth: int) -> Iterator[Document]:
        """The manifests of images behind a descriptor; signatures and other artifacts are none."""
        self.read += 1
        if depth > self.store.budget.nesting:
            raise TooLargeError(f"indexes nested more than {self.store.budget.nesting} deep")
        if self.read > self.store.budget.images:
            raise TooLargeError(f"more than {self.store.budget.images} manifests")
        digest = descriptor.get("digest")
        found = document(self.store, blob_name(digest), str(digest))
        for nested in found.entries("manifests"):
            if _is_for_a_platform(nested) and self._is_here(nested):
                yield from self._manifests(nested, depth + 1)
        if _is_image(found.value):
            yield found

    def _is_here(self, descriptor: _Descriptor) -> bool:
        """An index may name platforms that were left out when the image was copied."""
        return self.store.has(blob_name(descriptor.get("digest")))

    def _chosen(self, name: str, found: list[tuple[Any, Document]]) -> Described:
        """One of the manifests with this name, each with the digest that the index names."""
        configs = [self._config(manifest) for _, manifest in found]
        offered = [platforms.of(config.value) for config in configs]
        number = platforms.choose(offered, self.platform)
        listed, manifest = found[number]
        digests = [layer.get("digest") for layer in manifest.entries("layers")]
        layers = tuple(Layer(blob_name(digest), str(digest)) for digest in digests)
        names, manifests = (name,) if name else (), (manifest.digest, str(listed))
        return Described(names, configs[number], layers, tuple(dict.fromkeys(manifests)))

    def _config(self, manifest: Document) -> Document:
        digest = manifest.value["config"].get("digest")
        return document(self.store, blob_name(digest), str(digest))


def name_of(descriptor: _Descriptor) -> str:
    """What a layout calls it, '' for nothing."""
    notes = descriptor.get("annotations")
    names = [notes.get(key) for key in _NAMES] if isinstance(notes, dict) else []
    return next((name for name in names if isinstance(name, str)), "")


def _is_called(name: str, tag: str) -> bool:
    """By its whole name, or by its tag alone, which is all that some programs write down."""
    return name == tag or name.rpartition(":")[2] == tag


def _is_for_a_platform(descriptor: _Descriptor) -> bool:
    """Attestations that BuildKit puts beside an image are for `unknown/unknown`."""
    platform = descriptor.get("platform")
    return not (isinstance(platform, dict) and platform.get("os") == "unknown")


def _is_image(manifest: Any) -> bool:
    if not isinstance(manifest, dict):
        return False
    config, layers = manifest.get("config"), manifest.get("layers")
    kinds = [
        layer.get("mediaType")
        for layer in (layers if isinstance(layers, list) else ())
        if isinstance(layer, dict)
    ]
    says_so = isinstance(config, dict) and config.get("mediaType") in _CONFIGURATIONS
    return says_so and not any(kind in _STATEMENTS for kind in kinds)
