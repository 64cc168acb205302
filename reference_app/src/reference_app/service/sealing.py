"""Encrypts text at rest with AES-256-GCM, under one of several keys, so that keys can rotate."""

import base64
import binascii
import hmac
import os
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDFExpand

from reference_app.service.files import WatchedFile

KEY_BYTES, NONCE_BYTES = 32, 12
KEY_NAME = re.compile(r"[A-Za-z0-9._-]{1,32}")


class UnsealedError(Exception):
    """A sealed text cannot be opened: its key is gone, or it was altered or moved."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """A text as it is stored: the name of its key, and nonce with ciphertext."""

    key: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Keyring:
    """Keys by name; the first seals, all of them open."""

    keys: Mapping[str, bytes] = field(repr=False)

    @property
    def current(self) -> str:
        """The name of the key that seals."""
        return next(iter(self.keys))

    def seal(self, text: str, place: str) -> Sealed:
        """Encrypt a text for one place (a row and column), where alone it can be opened."""
        nonce = os.urandom(NONCE_BYTES)
        content = AESGCM(self.keys[self.current]).encrypt(nonce, text.encode(), place.encode())
        return Sealed(self.current, nonce + content)

    def open(self, sealed: Sealed, place: str) -> str:
        """The text of a place; UnsealedError when this keyring cannot open it there."""
        key = self.keys.get(sealed.key)
        if key is None:
            raise UnsealedError(f"no key is named {sealed.key!r:.40}")
        nonce, content = sealed.content[:NONCE_BYTES], sealed.content[NONCE_BYTES:]
        try:
            return AESGCM(key).decrypt(nonce, content, place.encode()).decode()
        except (InvalidTag, ValueError):
            raise UnsealedError("the text was altered or moved") from None

    def digests(self, text: str, purpose: str) -> list[bytes]:
        """Keyed digests (16 bytes) that tell which texts are equal, the current key's first."""
        return [_digest(key, text, purpose) for key in self.keys.values()]

    @classmethod
    def parse(cls, text: str) -> "Keyring":
        """A keyring file: `name base64` on each line; ValueError when it is anything else."""
        lines = (line.split() for line in text.splitlines() if line.strip())
        keys = dict(_key(fields) for fields in lines)
        if not keys:
            raise ValueError("the keyring holds no key")
        return cls(keys)


class Keys(Protocol):
    """Whatever has a keyring that may change: a watched file, or a keyring held in memory."""

    @property
    def value(self) -> Keyring:
        """The keyring to use now."""


@dataclass(frozen=True, slots=True)
class FixedKeys:
    """A keyring that lives and dies with the process."""

    value: Keyring


def new_keyring() -> Keyring:
    """A keyring of one random key."""
    return Keyring.parse(new_key_line("memory"))


def new_key_line(name: str) -> str:
    """A line with a new key for a keyring file."""
    if not KEY_NAME.fullmatch(name):
        raise ValueError("a key's name is at most 32 letters, digits, dots, underscores or hyphens")
    return f"{name} {base64.b64encode(os.urandom(KEY_BYTES)).decode()}\n"


def watch_keyring(path: Path) -> WatchedFile[Keyring]:
    """The keyring of a mounted file, which may change under way."""
    return WatchedFile(path, Keyring.parse)


def _key(fields: list[str]) -> tuple[str, bytes]:
    try:
        name, encoded = fields
        key = base64.b64decode(encoded, validate=True)
    except (ValueError, binascii.Error):
        raise ValueError("a line of the keyring is not a name and base64") from None
    if len(key) != KEY_BYTES or not KEY_NAME.fullmatch(name):
        raise ValueError(f"a key of the keyring has no proper name or not {KEY_BYTES} bytes")
    return name, key


def _digest(key: bytes, text: str, purpose: str) -> bytes:
    # A key of its own for each purpose: the encryption key is used for nothing else.
    derived = HKDFExpand(SHA256(), KEY_BYTES, purpose.encode()).derive(key)
    return hmac.digest(derived, text.encode(), "sha256")[:16]
