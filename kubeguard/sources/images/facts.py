"""A file of image facts: what images are, by digest, for those who do not have them.

    {"version": 1, "images": {"sha256:...": {"user": "65532", ...}}, "signature": "..."}

The signature is Ed25519 over the same document without it, with sorted keys and no spaces.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import orjson

from kubeguard.errors import SourceError, UsageError
from kubeguard.files import replace
from kubeguard.model.facts import ImageFacts

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

_VERSION = 1
_MOST_BYTES = 256 * 1024 * 1024
_Document = dict[str, Any]


def read(file: str, key: str = "") -> tuple[ImageFacts, ...]:
    """The facts in a file, which must be signed with `key` (a file, PEM) when one is named.

    Raises SourceError for a file that cannot be believed, UsageError for one that cannot be read
    and for a key that is none.
    """
    found = _document(file)
    signature = found.pop("signature", None)
    if key:
        _verify(file, found, signature, _public(key))
    images = found.get("images")
    if found.get("version") != _VERSION or not isinstance(images, dict):
        raise SourceError(f"{file}: no image facts, or those of another version of kubeguard")
    try:
        return tuple(_facts(digest, image) for digest, image in images.items())
    except (TypeError, ValueError, AttributeError) as error:
        raise SourceError(f"{file}: image facts with {str(error)[:100]}") from error


def write(file: str, facts: Iterable[ImageFacts], key: str = "") -> None:
    """Replace a file by these facts, signed when a private key is named. A name belongs to the
    first image that has it. Raises SourceError, UsageError."""
    taken: set[str] = set()
    images: _Document = {}
    for each in facts:
        names = [name for name in each.names if name not in taken]
        taken.update(names)
        images[each.digest] = _plain(each._replace(names=tuple(names)))
    document: _Document = {"version": _VERSION, "images": images}
    if key:
        signature = _private(key).sign(_canonical(document))
        document["signature"] = base64.b64encode(signature).decode()
    text = orjson.dumps(document, option=orjson.OPT_SORT_KEYS | orjson.OPT_INDENT_2)
    try:
        replace(Path(file), [text.decode(), "\n"])
    except OSError as error:
        raise SourceError(f"{file}: {(error.strerror or str(error)).lower()}") from error


def _document(file: str) -> _Document:
    try:
        with open(file, "rb") as stream:
            data = stream.read(_MOST_BYTES + 1)
        found = orjson.loads(data) if len(data) <= _MOST_BYTES else None
    except OSError as error:
        raise UsageError(f"{file}: {(error.strerror or str(error)).lower()}") from error
    except orjson.JSONDecodeError as error:
        raise SourceError(f"{file}: not JSON") from error
    if not isinstance(found, dict):
        raise SourceError(f"{file}: no image facts")
    return found


def _canonical(document: _Document) -> bytes:
    return orjson.dumps(document, option=orjson.OPT_SORT_KEYS)


def _plain(facts: ImageFacts) -> _Document:
    """As JSON has it, without the digest and without what is as usual."""
    usual = ImageFacts._field_defaults
    found = facts._asdict()
    return {key: found[key] for key in usual if found[key] != usual[key]}


def _facts(digest: str, image: _Document) -> ImageFacts:
    """Raises TypeError, ValueError or AttributeError for what is of another shape."""
    given = {key: _value(key, value) for key, value in image.items()}
    if not given.keys() <= ImageFacts._field_defaults.keys():
        raise ValueError("keys that kubeguard does not know")
    return ImageFacts(digest)._replace(**given)


def _value(key: str, value: Any) -> Any:
    read: Callable[[Any], Any] = _KINDS.get(key, _texts)
    return read(value)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("something that is no text")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(map(_text, list(value)))


def _number(value: Any) -> int | None:
    if value is not None and type(value) is not int:
        raise TypeError("a user that is no number")
    return value


def _sorted(value: Any) -> tuple[str, ...]:
    """They are looked up by halving."""
    return tuple(sorted(_texts(value)))


def _links(value: Any) -> dict[str, str]:
    return {key: _text(target) for key, target in value.items()}


_KINDS: dict[str, Callable[[Any], Any]] = {
    **dict.fromkeys(("platform", "user", "entrypoint", "working_dir"), _text),
    "uid": _number,
    "programs": _sorted,
    "links": _links,
}


def _verify(file: str, document: _Document, signature: object, key: Ed25519PublicKey) -> None:
    from cryptography.exceptions import InvalidSignature

    if not isinstance(signature, str):
        raise SourceError(f"{file}: image facts that are not signed")
    try:
        key.verify(base64.b64decode(signature, validate=True), _canonical(document))
    except (InvalidSignature, binascii.Error) as error:
        raise SourceError(f"{file}: image facts that were altered, or signed by another") from error


def _private(file: str) -> Ed25519PrivateKey:
    """Raises UsageError."""
    key = _key(file)
    if not hasattr(key, "sign"):
        raise UsageError(f"{file}: a public key cannot sign image facts")
    return key  # type: ignore[no-any-return]


def _public(file: str) -> Ed25519PublicKey:
    """The public key in a file, or that of the private key in it. Raises UsageError."""
    key = _key(file)
    return key.public_key() if hasattr(key, "public_key") else key  # type: ignore[no-any-return]


def _key(file: str) -> Any:
    try:
        from cryptography.hazmat.primitives import serialization
        from cryptography.hazmat.primitives.asymmetric import ed25519
    except ImportError as error:
        hint = "pip install 'kubeguard[signatures]'"
        raise UsageError("keys need the package cryptography", hint) from error
    try:
        data = Path(file).read_bytes()
        if b"PRIVATE KEY" in data:
            key: Any = serialization.load_pem_private_key(data, None)
        else:
            key = serialization.load_pem_public_key(data)
    except OSError as error:
        raise UsageError(f"{file}: {(error.strerror or str(error)).lower()}") from error
    except (ValueError, TypeError) as error:
        raise UsageError(f"{file}: no key in PEM, or one with a passphrase") from error
    if not isinstance(key, ed25519.Ed25519PrivateKey | ed25519.Ed25519PublicKey):
        hint = "make one: openssl genpkey -algorithm ed25519 -out facts.key"
        raise UsageError(f"{file}: no Ed25519 key", hint)
    return key
