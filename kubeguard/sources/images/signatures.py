"""Signatures as cosign keeps them: beside the image, under a tag made of the image's digest.

Each layer of the artifact `sha256-DIGEST.sig` is a statement (simple signing), its annotation the
signature over the bytes of it. A signature of an index is one of all images that it leads to.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

import orjson

from kubeguard.errors import SourceError, UsageError
from kubeguard.model.signature import Signature, SignatureState
from kubeguard.sources.images.oci import INDEX, SIGNATURE_LAYER, name_of
from kubeguard.sources.images.registry import Registry
from kubeguard.sources.images.store import Document, Store, blob_name, content, document

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

    PublicKey: TypeAlias = EllipticCurvePublicKey | Ed25519PublicKey | RSAPublicKey

_ANNOTATION = "dev.cosignproject.cosign/signature"
_STATEMENT = "cosign container image signature"
_KIND, _SIGNATURES = "kind", "dev.cosignproject.cosign/sigs"
"""How `cosign save` marks them in a layout."""
_MOST = 100
"""Signatures of one image."""
_BEST_FIRST = tuple(SignatureState)
_SMALLEST_RSA = 2048


def load_key(file: str) -> PublicKey:
    """The public key in a file: ECDSA, Ed25519 or RSA, in PEM. Raises UsageError."""
    try:
        from cryptography.exceptions import UnsupportedAlgorithm
        from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
        from cryptography.hazmat.primitives.serialization import load_pem_public_key
    except ImportError as error:
        hint = "pip install 'kubeguard[signatures]'"
        raise UsageError("keys need the package cryptography", hint) from error
    try:
        data = Path(file).read_bytes()
        key = load_pem_public_key(data)
    except OSError as error:
        raise UsageError(f"{file}: {(error.strerror or str(error)).lower()}") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        secret = b"PRIVATE KEY" in data
        reason = "a private key, where the public one is due" if secret else "no public key in PEM"
        raise UsageError(f"{file}: {reason}", "cosign public-key writes it") from error
    if isinstance(key, rsa.RSAPublicKey) and key.key_size < _SMALLEST_RSA:
        raise UsageError(f"{file}: an RSA key of {key.key_size} bits can be forged")
    if isinstance(key, ec.EllipticCurvePublicKey | ed25519.Ed25519PublicKey | rsa.RSAPublicKey):
        return key
    raise UsageError(f"{file}: a key of a kind that cosign does not sign with")


def checked(store: Store, manifests: Sequence[str], key: PublicKey) -> Signature:
    """What the signatures beside an image say; `manifests` are the digests that lead to it.

    Raises SourceError when the registry fails.
    """
    found = [_judged(statement, manifests, key) for statement in _statements(store, manifests)]
    if not found:
        return Signature(SignatureState.MISSING, "no signature lies beside it")
    return min(found, key=lambda signature: _BEST_FIRST.index(signature.state))


class _Statement(NamedTuple):
    """What was signed, as bytes, and the signature over it; `broken` is why there is none."""

    payload: bytes = b""
    signature: object = None
    broken: str = ""


def _statements(store: Store, manifests: Sequence[str]) -> Iterator[_Statement]:
    left = _MOST
    for manifest in _artifacts(store, manifests):
        for layer in manifest.entries("layers"):
            if layer.get("mediaType") == SIGNATURE_LAYER and left:
                left -= 1
                yield _statement(store, layer)


def _statement(store: Store, layer: dict[str, Any]) -> _Statement:
    notes, digest = layer.get("annotations"), layer.get("digest")
    signature = notes.get(_ANNOTATION) if isinstance(notes, dict) else None
    try:
        return _Statement(content(store, blob_name(digest), str(digest)).data, signature)
    except SourceError as error:
        return _Statement(broken=error.message)


def _artifacts(store: Store, manifests: Sequence[str]) -> Iterator[Document]:
    """The manifests of the signatures."""
    tags = {f"{digest.replace(':', '-')}.sig" for digest in manifests}
    if isinstance(store, Registry):
        yield from filter(None, map(store.tagged, sorted(tags)))
    elif store.has(INDEX):
        for descriptor in document(store, INDEX).entries("manifests"):
            notes = descriptor.get("annotations")
            kind = notes.get(_KIND) if isinstance(notes, dict) else None
            name = name_of(descriptor)
            if kind == _SIGNATURES or name in tags or name.rpartition(":")[2] in tags:
                digest = descriptor.get("digest")
                yield document(store, blob_name(digest), str(digest))


def _judged(statement: _Statement, manifests: Sequence[str], key: PublicKey) -> Signature:
    """Nothing is believed of a statement before its signature is that of the key."""
    if statement.broken:
        return Signature(SignatureState.WRONG, statement.broken)
    if not isinstance(statement.signature, str):
        return Signature(SignatureState.WRONG, "a statement without a signature")
    try:
        signature = base64.b64decode(statement.signature, validate=True)
    except (binascii.Error, ValueError):
        return Signature(SignatureState.WRONG, "a signature that is not base64")
    if not _is_by(key, signature, statement.payload):
        return Signature(SignatureState.WRONG, "the signature was made with another key")
    signed = _signed_digest(statement.payload)
    if not signed:
        return Signature(SignatureState.WRONG, "what was signed is no statement of cosign's")
    if signed not in manifests:
        return Signature(SignatureState.OTHER_IMAGE, f"the signature is one for {signed[:19]}")
    return Signature(SignatureState.GOOD)


def _is_by(key: PublicKey, signature: bytes, payload: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
    from cryptography.hazmat.primitives.hashes import SHA256

    try:
        if isinstance(key, ec.EllipticCurvePublicKey):
            key.verify(signature, payload, ec.ECDSA(SHA256()))
        elif isinstance(key, rsa.RSAPublicKey):
            key.verify(signature, payload, padding.PKCS1v15(), SHA256())
        else:
            key.verify(signature, payload)
    except InvalidSignature:
        return False
    return True


def _signed_digest(payload: bytes) -> str:
    """The digest that a statement is about; '' when it is none."""
    try:
        critical = orjson.loads(payload)["critical"]
        kind, digest = critical["type"], critical["image"]["docker-manifest-digest"]
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return ""
    return digest if kind == _STATEMENT and isinstance(digest, str) else ""
