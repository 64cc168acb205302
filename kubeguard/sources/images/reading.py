"""From a target to its images, with every failure told once."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

from kubeguard.errors import SourceError
from kubeguard.model.finding import Outcome
from kubeguard.model.fix import advise
from kubeguard.model.image import Image, Layer
from kubeguard.model.node import Node, Source, Subject
from kubeguard.model.reading import Reading
from kubeguard.model.trouble import Trouble, TroubleKind
from kubeguard.sources.images import docker, oci
from kubeguard.sources.images.budget import IMAGE_BUDGET, ImageBudget, TooLargeError
from kubeguard.sources.images.commands import commands
from kubeguard.sources.images.described import Described
from kubeguard.sources.images.layers import Overlay, ReadLayer, Spent, read_layer
from kubeguard.sources.images.packages.inventory import inventory
from kubeguard.sources.images.passing import Passing
from kubeguard.sources.images.platforms import Platform
from kubeguard.sources.images.store import Archive, Folder, Store, regular_file
from kubeguard.sources.images.transports import Target, Transport

if TYPE_CHECKING:
    from kubeguard.sources.images.signatures import PublicKey

_CONFIG_KEYS = (
    *("User", "Env", "Labels", "ExposedPorts", "Healthcheck", "Entrypoint", "Cmd", "Shell"),
    *("Volumes", "WorkingDir", "StopSignal", "OnBuild", "ArgsEscaped"),
)
_LAYOUTS = (Transport.OCI, Transport.OCI_ARCHIVE)
_KEYS = ("config", "history", "rootfs", "created", "architecture", "os", "variant", "author")


def read(
    name: str,
    target: Target,
    platform: Platform | None = None,
    budget: ImageBudget = IMAGE_BUDGET,
    key: PublicKey | None = None,
) -> Reading:
    """Every image of the target in one Reading, which never raises; signatures are checked with a
    key, when there is one."""
    try:
        if target.transport.is_registry:
            from kubeguard.sources.images.registry import Registry

            plain = target.transport is Transport.PLAIN_REGISTRY
            registry = Registry(target.tag, budget, plain)
            return _reading(name, registry, target._replace(tag=""), platform, key)
        if target.transport is Transport.DAEMON:
            from kubeguard.sources.images.daemon import saved

            with saved(target.tag) as (stream, digests):
                passing = Passing(stream, Spent(), budget)
            found = _reading(name, passing, target._replace(tag=""), platform, key)
            for image in found.images:
                image.manifests = digests
            return found
        if target.transport is Transport.OCI or os.path.isdir(target.path):
            return _reading(name, Folder(target.path, budget), target, platform, key)
        with regular_file(target.path) as file:
            return _reading(name, Archive(file, budget), target, platform, key)
    except TooLargeError as error:
        return _failed(name, error, TroubleKind.OVER_BUDGET)
    except SourceError as error:
        return _failed(name, error, TroubleKind.UNREADABLE)
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        return _failed(name, SourceError(reason), TroubleKind.UNREADABLE)


def _failed(name: str, error: SourceError, kind: TroubleKind) -> Reading:
    """The Reading of an image that could not be read: it has no lines to point at."""
    fix = advise(error.hint or "name an image that can be read, or leave it out")
    trouble = Trouble(Node(None, Source(name)), kind, error.message, fix)
    return Reading(name, Outcome.FAILED, "unreadable", error.message, troubles=(trouble,))


def _reading(
    name: str, store: Store, target: Target, platform: Platform | None, key: PublicKey | None
) -> Reading:
    builder = _Builder(name, store)
    images = tuple(builder.image(one) for one in _described(store, target, platform))
    if not images:
        raise SourceError("no image in it")
    if key:
        from kubeguard.sources.images.signatures import checked

        for image in images:
            image.signature = checked(store, image.manifests, key)
    there = ", ".join(dict.fromkeys(image.platform for image in images))
    return Reading(name, Outcome.JUDGED, f"image for {there}", images=images)


def _described(store: Store, target: Target, platform: Platform | None) -> Iterator[Described]:
    is_docker = store.has(docker.MANIFEST)
    match target.transport:
        case Transport.DOCKER_ARCHIVE if not is_docker:
            raise SourceError(f"no {docker.MANIFEST} in it: not written by docker save")
        case transport if transport.is_registry or transport in _LAYOUTS:
            is_docker = False
    if is_docker:
        found = docker.described(store, target.tag, platform)
    elif store.has(oci.INDEX):
        found = oci.described(store, target.tag, platform)
    else:
        raise SourceError(f"no image in it: neither {docker.MANIFEST} nor {oci.INDEX}")
    for number, one in enumerate(found):
        if number >= store.budget.images:
            raise TooLargeError(f"more than {store.budget.images} images")
        yield one


class _Builder:
    """Makes images of one store, each of their layers read once."""

    def __init__(self, name: str, store: Store) -> None:
        self.name = name
        self.store = store
        self.spent = Spent()
        self.read: dict[str, ReadLayer] = {}

    def image(self, described: Described) -> Image:
        """Raises SourceError when a digest is not that of what is there."""
        config = _canonical(described.config.value)
        promised = _diff_ids(config)
        if len(promised) != len(described.layers):
            what = f"{len(described.layers)} layers, and {len(promised)} in the configuration"
            raise SourceError(f"the manifest names {what}")
        if len(promised) > self.store.budget.layers:
            raise TooLargeError(f"more than {self.store.budget.layers:,} layers")
        names = {layer.name for layer in described.layers} - self.read.keys()
        for name in sorted(names, key=self.store.order):
            self.read[name] = self._layer(name)
        overlay = Overlay()
        for number, (blob, diff_id) in enumerate(zip(described.layers, promised, strict=True)):
            layer = self.read[blob.name]
            if layer.unpacked != diff_id or blob.digest not in ("", layer.packed):
                raise SourceError(f"layer {number + 1}: the content does not have its digest")
            overlay.put(layer.changes, number)
        return self._made(described, config, promised, overlay)

    def _layer(self, name: str) -> ReadLayer:
        try:
            if isinstance(self.store, Passing):
                return self.store.layer(name)
            with self.store.open(name) as file:
                return read_layer(file, self.spent, self.store.budget)
        except TooLargeError as error:
            raise TooLargeError(f"layer {name[:100]}: {error.message}") from error
        except SourceError as error:
            raise SourceError(f"layer {name[:100]}: {error.message}") from error

    def _made(
        self, described: Described, config: Any, diff_ids: list[str], overlay: Overlay
    ) -> Image:
        subject = Subject("Image", "", next(iter(described.names), self.name))
        node = Node(config, Source(self.name, subject=subject, value=config))
        layers = [Layer(*pair) for pair in zip(diff_ids, _steps(node, diff_ids), strict=True)]
        image = Image(
            node,
            described.names,
            described.config.digest,
            layers,
            overlay.files,
            overlay.buried,
            commands,
            described.manifests,
        )
        if self.store.budget.listing:
            image.inventory = inventory(image, self.name)
        return image


def _canonical(document: Any) -> dict[str, Any]:
    """The configuration with its keys as they are spelled in the specification.

    Go reads them in any case, the last one wins: `"user"` is as good as `"User"`.
    """
    if not isinstance(document, dict):
        raise SourceError("the configuration is no mapping")
    found = _spelled(document, _KEYS)
    inner = found.get("config")
    if isinstance(inner, dict):
        found["config"] = _spelled(inner, _CONFIG_KEYS)
    return found


def _spelled(mapping: dict[str, Any], keys: Iterable[str]) -> dict[str, Any]:
    spelling = {key.lower(): key for key in keys}
    return {spelling.get(key.lower(), key): value for key, value in mapping.items()}


def _diff_ids(config: dict[str, Any]) -> list[str]:
    rootfs = config.get("rootfs")
    found = rootfs.get("diff_ids") if isinstance(rootfs, dict) else None
    if not isinstance(found, list) or not all(isinstance(item, str) for item in found):
        raise SourceError("the configuration does not name its layers (rootfs.diff_ids)")
    return found


def _steps(config: Node, layers: list[str]) -> list[str]:
    """The line of the history that made each layer; '' where there is no such history."""
    made = [step for step in config["history"] if step.get("empty_layer") is not True]
    if len(made) != len(layers):
        return [""] * len(layers)
    return [step["created_by"].text for step in made]
