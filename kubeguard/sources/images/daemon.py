"""An image that a container engine has, through Docker's API, which Podman speaks as well."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kubeguard.errors import SourceError
from kubeguard.sources.images.streams import Readable


@contextmanager
def saved(reference: str) -> Iterator[tuple[Readable, tuple[str, ...]]]:
    """The archive of `docker save`, as the engine at DOCKER_HOST sends it, and the digests by which
    the engine knows the image in registries. Raises SourceError."""
    try:
        import docker
        from docker.errors import DockerException, ImageNotFound
    except ImportError as error:
        hint = "pip install kubeguard[daemon]"
        raise SourceError("the Docker SDK for Python is not installed", hint=hint) from error
    try:
        client = docker.from_env()
    except DockerException as error:
        raise SourceError("no container engine answers; DOCKER_HOST says where it is") from error
    try:
        image = client.images.get(reference)
        known = (str(each).rpartition("@")[2] for each in image.attrs.get("RepoDigests") or ())
        digests = tuple(dict.fromkeys(known))
        yield (
            _Chunks(image.save(named=reference if reference in image.tags else bool(image.tags))),
            digests,
        )
    except ImageNotFound as error:
        raise SourceError(f"the engine has no image {reference[:100]!r}") from error
    except (DockerException, OSError) as error:
        raise SourceError(f"the engine failed: {str(error)[:150]}") from error
    finally:
        client.close()


class _Chunks:
    """Pieces of any size as a stream."""

    def __init__(self, chunks: Iterator[Any]) -> None:
        self.chunks = chunks
        self.held = b""

    def read(self, size: int) -> bytes:
        if not self.held:
            self.held = next(self.chunks, b"")
        data, self.held = self.held[:size], self.held[size:]
        return data
