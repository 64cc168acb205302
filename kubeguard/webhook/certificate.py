"""The certificate that is served: copied, checked, and only then taken."""

from __future__ import annotations

import os
import ssl
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

from kubeguard.errors import UsageError


class Pair(NamedTuple):
    """Files with a certificate chain and its key, in PEM."""

    certificate: Path
    key: Path

    @classmethod
    def within(cls, folder: Path, name: str) -> Pair:
        return cls(folder / f"{name}.crt", folder / f"{name}.key")


class Kept:
    """The last pair that could be served, in a folder of our own; nobody else may read it."""

    def __init__(self, folder: Path) -> None:
        self.pair = Pair.within(folder, "tls")
        self._next = Pair.within(folder, "next")

    def take(self, pair: Pair) -> float:
        """Serve this pair from now on; when it expires, in seconds since 1970.

        Raises UsageError for a pair that cannot be served, and keeps the old one.
        """
        for source, copy in zip(pair, self._next, strict=True):
            _copy(source, copy)
        expires = _expiry(self._next, pair)
        for copy, target in zip(self._next, self.pair, strict=True):
            os.replace(copy, target)
        return expires


def _copy(source: Path, target: Path) -> None:
    try:
        content = source.read_bytes()
    except OSError as error:
        raise UsageError(f"{source} cannot be read: {error.strerror}") from error
    target.touch(mode=0o600)
    target.write_bytes(content)


def _expiry(pair: Pair, called: Pair) -> float:
    """When a pair that can be served expires; a mistake is told with the names it is `called`."""
    from cryptography import x509

    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(*pair, _no_password)
        leaf = x509.load_pem_x509_certificates(pair.certificate.read_bytes())[0]
    except (OSError, ValueError) as error:  # an SSLError is an OSError
        why = f"{called.certificate} with {called.key} cannot be served: {error}"
        raise UsageError(why) from error
    if leaf.not_valid_after_utc <= datetime.now(UTC):
        raise UsageError(f"{called.certificate} has expired at {leaf.not_valid_after_utc}")
    return leaf.not_valid_after_utc.timestamp()


def _no_password() -> str:
    raise ValueError("the key is encrypted")
