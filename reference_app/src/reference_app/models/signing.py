"""Ed25519 keys that sign what the registry holds."""

import os
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from reference_app.models.errors import RefusedModelError


def create_key(private: Path, public: Path) -> None:
    """Write a new key pair as PEM; the private half is readable by its owner alone."""
    key = Ed25519PrivateKey.generate()
    private.parent.mkdir(parents=True, exist_ok=True)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    with os.fdopen(os.open(private, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(pem)
    public.write_bytes(
        key.public_key().public_bytes(
            serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
        )
    )


def read_private_key(path: Path) -> Ed25519PrivateKey:
    """The signing key of a PEM file; ValueError for any other kind of key."""
    key = serialization.load_pem_private_key(path.read_bytes(), password=None)
    if not isinstance(key, Ed25519PrivateKey):
        raise ValueError(f"{path.name} is not an Ed25519 key")
    return key


def read_public_key(path: Path) -> Ed25519PublicKey:
    """The trusted key of a PEM file; ValueError for any other kind of key."""
    key = serialization.load_pem_public_key(path.read_bytes())
    if not isinstance(key, Ed25519PublicKey):
        raise ValueError(f"{path.name} is not an Ed25519 key")
    return key


def verify(trusted: Ed25519PublicKey, signature: bytes, content: bytes) -> None:
    """RefusedModelError unless the trusted key signed this content."""
    try:
        trusted.verify(signature, content)
    except InvalidSignature:
        raise RefusedModelError("the signature is not the trusted key's") from None
