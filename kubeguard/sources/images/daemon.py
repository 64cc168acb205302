"""An image that a container engine has, through Docker's API, which Podman speaks as well."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from kubeguard.errors import SourceError
from kubeguard.sources.images.streams import Readable


@contextmanager
def saved(reference: str) -> Iterator[Readable]:
    """The archive of `docker save`, as the engine at DOCKER_HOST sends it. Raises SourceError."""
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
        yield _Chunks(client.images.get(reference).save(named=True))
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
