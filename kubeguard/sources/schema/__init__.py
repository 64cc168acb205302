"""Whether an object is what the API server of a given release would take it for."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kubeguard.model.cluster import NEWEST, OLDEST
from kubeguard.model.location import Path
from kubeguard.model.manifest import Manifest
from kubeguard.model.node import Node
from kubeguard.model.trouble import Trouble
from kubeguard.sources.schema import lifecycle, verdict
from kubeguard.sources.schema.advice import Advice
from kubeguard.sources.schema.crd import CustomKinds
from kubeguard.sources.schema.explain import explain
from kubeguard.sources.schema.release import Release, release
from kubeguard.sources.schema.shape import Shape

__all__ = ["Schemas"]

CLIENT_SIDE = {("v1", "List"), ("v1", "Config")}
"""What kubectl reads and no server has ever served: lists, and its own configuration."""


class Schemas:
    """The schemas of one run: those of a Kubernetes release, and of the CRDs among its objects.

    `version` lies between `OLDEST` and `NEWEST`. Nothing is read before the first object is asked
    about, and each kind is compiled when its first object comes.
    """

    def __init__(self, version: tuple[int, int], crds: Iterable[Node] = ()) -> None:
        if not OLDEST <= version <= NEWEST:
            raise ValueError(f"no schemas for Kubernetes {version[0]}.{version[1]}")
        self._version = version
        self._crds = tuple(crds)
        self._custom: CustomKinds | None = None

    def troubles(self, manifest: Manifest) -> Iterator[Trouble]:
        """Every place where the object departs from its schema, or why it has none."""
        shape = self._shape(manifest)
        if shape is None:
            trouble = self._unserved(manifest)
            if trouble is not None:
                yield trouble
            return
        outdated = verdict.on_version(manifest, self._release)
        if outdated is not None:
            yield outdated
        if not shape.is_valid(manifest.node.value) and not _is_patch(manifest):
            yield from explain(shape, manifest.node, lambda *at: self._other(manifest, *at))

    def known(self, manifest: Manifest) -> bool:
        """False for what is no object of a kind that this run describes: custom, or a patch."""
        if self._shape(manifest) is not None:
            return not _is_patch(manifest)
        return self._unserved(manifest) is not None

    @property
    def _release(self) -> Release:
        return release(self._version)

    def _shape(self, manifest: Manifest) -> Shape | None:
        found = self._release.shape(manifest.api_version, manifest.kind)
        if found is None and self._crds:
            found = self._defined.shape(manifest.api_version, manifest.kind)
        return found

    @property
    def _defined(self) -> CustomKinds:
        if self._custom is None:
            self._custom = CustomKinds(self._crds, self._release.definitions)
        return self._custom

    def _unserved(self, manifest: Manifest) -> Trouble | None:
        api_version, kind = manifest.api_version, manifest.kind
        if not api_version or not kind or (api_version, kind) in CLIENT_SIDE:
            return None
        served = self._defined.served(manifest.group, kind) if self._crds else None
        if served is None:
            return verdict.on_kind(manifest, self._release)
        if api_version.rpartition("/")[2] in served:
            return None  # its schema makes no sense
        return verdict.on_custom_version(manifest, served)

    def _other(self, manifest: Manifest, path: Path, name: str) -> Advice | None:
        """For a field that the kind has in another release or apiVersion: where."""
        api_version, kind = manifest.api_version, manifest.kind
        for home in lifecycle.homes(self._release.kinds, kind, manifest.group):
            if home != api_version and _has(self._release.shape(home, kind), path, name):
                return Advice(f"; it is in {home}", f"remove it, or use {home}")
        later = [(1, minor) for minor in range(self._release.minor + 1, NEWEST[1] + 1)]
        if not later or not _has(release(NEWEST).shape(api_version, kind), path, name):
            return None
        first = next(at for at in later if _has(release(at).shape(api_version, kind), path, name))
        here = f"Kubernetes 1.{first[1]}"
        return Advice(f"; it comes with {here}", f"remove it, or scan for {here} or later")


def _is_patch(manifest: Manifest) -> bool:
    """A strategic merge patch for kustomize, which has the kind of the object it changes."""
    return "$patch" in manifest.node.mapping


def _has(shape: Shape | None, path: Path, name: str) -> bool:
    chain = shape.along(path) if shape else []
    return len(chain) > len(path) and name in chain[-1].get("properties", {})
