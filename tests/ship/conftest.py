"""The reference service's image, built once by the real engine."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)
from images import SERVICE, SESSION, TRAINING, Build, Built, imported

from tests.container_engine import Engine


@pytest.fixture(scope="session")
def build(container_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Build]:
    """How images of the service are built here."""
    if not container_engine.has("buildx"):
        pytest.skip("Docker has no buildx: scripts/engine unpacks one, KUBEGUARD_ENGINE names it")
    folder = tmp_path_factory.mktemp("bases")
    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    public = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (folder / "signing.pem").write_bytes(private)
    (folder / "trusted.pem").write_bytes(public)
    try:
        bases = [imported(container_engine, name, folder) for name in ("python", "runtime")]
    except subprocess.SubprocessError as error:
        pytest.skip(f"no base image, there is no mirror to be reached: {error}")
    yield Build(container_engine, *bases, folder)
    container_engine.docker("image", "rm", *bases)


@pytest.fixture(scope="session")
def service_image(build: Build, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Built]:
    """The image that serves, built from nothing."""
    digest = build(f"{SERVICE}:{SESSION}", "service", "--no-cache")
    yield from _saved(build, f"{SERVICE}:{SESSION}", digest, tmp_path_factory.mktemp("service"))


@pytest.fixture(scope="session")
def training_image(
    build: Build, service_image: Built, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Built]:
    """The image that trains; most of its stages are there since the other was built."""
    digest = build(f"{TRAINING}:{SESSION}", "training")
    yield from _saved(build, f"{TRAINING}:{SESSION}", digest, tmp_path_factory.mktemp("training"))


def _saved(build: Build, name: str, digest: str, folder: Path) -> Iterator[Built]:
    build.engine.docker("save", "--output", f"{folder}/image.tar", name)
    yield Built(name, digest, folder / "image.tar")
    build.engine.docker("image", "rm", name)


@pytest.fixture(scope="session")
def servers(container_engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Images of PostgreSQL and Redis."""
    if not container_engine.has("compose"):
        pytest.skip("Docker has no Compose: scripts/engine unpacks it, KUBEGUARD_ENGINE names it")
    folder = tmp_path_factory.mktemp("servers")
    try:
        postgresql, redis = (
            imported(container_engine, name, folder) for name in ("postgresql", "redis")
        )
    except subprocess.SubprocessError as error:
        pytest.skip(f"no image of PostgreSQL or Redis, there is no mirror to be reached: {error}")
    return postgresql, redis
