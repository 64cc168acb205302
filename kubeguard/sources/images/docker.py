"""Archives of `docker save`: a manifest.json that names configurations and layers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kubeguard.errors import SourceError
from kubeguard.model.image import ImageReference
from kubeguard.sources.images import platforms
from kubeguard.sources.images.described import Described, Layer
from kubeguard.sources.images.platforms import Platform
from kubeguard.sources.images.store import Store, document

MANIFEST = "manifest.json"
_HASH = re.compile(r"(?:.*/)?([0-9a-f]{64})(?:\.json)?")
_BLOB = re.compile(r"blobs/sha256/([0-9a-f]{64})")


def described(store: Store, tag: str, platform: Platform | None) -> Iterator[Described]:
    """Every image of the archive, or the one with this name. Raises SourceError."""
    found = [one for one in _all(store) if not tag or any(_is(name, tag) for name in one.names)]
    if not found:
        raise SourceError(f"no image is called {tag[:100]!r}" if tag else "no image in it")
    if platform is None:
        yield from found
        return
    offered = [platforms.of(one.config.value) for one in found]
    fitting = [one for one, offer in zip(found, offered, strict=True) if platform.runs(offer)]
    yield from fitting or [found[platforms.choose(offered, platform)]]


def _is(name: str, wanted: str) -> bool:
    """References are equal when Docker completes them to the same."""
    return ImageReference.parse(name) == ImageReference.parse(wanted)


def _all(store: Store) -> Iterator[Described]:
    for entry in document(store, MANIFEST).entries():
        name, layers, tags = entry.get("Config"), entry.get("Layers"), entry.get("RepoTags")
        if not (isinstance(name, str) and isinstance(layers, list)):
            raise SourceError(f"{MANIFEST}: an image without Config and Layers")
        found = _HASH.fullmatch(name)
        config = document(store, name, f"sha256:{found[1]}" if found else "")
        names = tuple(t for t in tags if isinstance(t, str)) if isinstance(tags, list) else ()
        yield Described(names, config, tuple(Layer(str(path), _digest(path)) for path in layers))


def _digest(path: object) -> str:
    """The digest that the name of a layer promises; older archives promise none."""
    found = _BLOB.fullmatch(path) if isinstance(path, str) else None
    return f"sha256:{found[1]}" if found else ""
