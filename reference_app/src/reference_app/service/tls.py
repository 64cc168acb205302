"""TLS contexts whose certificates are read again when the mounted files change."""

import asyncio
import ssl
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from reference_app.service.files import Stamp, stamp
from reference_app.service.logs import event
from reference_app.service.settings import ServerSettings

WATCH = 2.0  # seconds between looks at the files


class Identity(NamedTuple):
    """The files by which a process is known, and by which it knows others."""

    certificate: Path
    key: Path
    authority: Path | None

    @classmethod
    def of(cls, settings: ServerSettings) -> "Identity | None":
        """The identity of a process; none on a laptop."""
        if settings.tls_certificate is None or settings.tls_key is None:
            return None
        return cls(settings.tls_certificate, settings.tls_key, settings.tls_authority)

    @property
    def stamps(self) -> tuple[Stamp, ...]:
        """The state of all files."""
        return tuple(stamp(path) for path in self if path is not None)

    def load(self, context: ssl.SSLContext) -> None:
        """Use the files as they are now for the handshakes to come."""
        context.load_cert_chain(self.certificate, self.key)
        if self.authority is not None:
            context.load_verify_locations(self.authority)


def serving_context(identity: Identity, mutual: bool) -> ssl.SSLContext:
    """A context to serve with; mutual refuses whoever has no certificate of the authority."""
    context = _context(ssl.PROTOCOL_TLS_SERVER, identity)
    context.verify_mode = ssl.CERT_REQUIRED if mutual else ssl.CERT_NONE
    return context


def calling_context(identity: Identity) -> ssl.SSLContext:
    """A context to call other modules with: it shows the own certificate and checks theirs."""
    return _context(ssl.PROTOCOL_TLS_CLIENT, identity)


async def watch(identity: Identity, *contexts: ssl.SSLContext) -> None:
    """Load the files into contexts whenever they changed; runs until it is cancelled."""
    known = identity.stamps
    while True:
        await asyncio.sleep(WATCH)
        try:
            now = identity.stamps
            if now != known:
                for context in contexts:
                    identity.load(context)
                known = now
                event("certificates loaded")
        except OSError as error:  # ssl.SSLError is one
            # Certificate and key are swapped one after the other: the next look finds a pair.
            event("certificates not loaded", exception=type(error).__name__)


def peer_names(certificate: Mapping[str, object] | None) -> frozenset[str]:
    """The DNS names in a peer's certificate, as `SSLObject.getpeercert` tells them."""
    entries = (certificate or {}).get("subjectAltName", ())
    assert isinstance(entries, tuple)
    return frozenset(name for kind, name in entries if kind == "DNS")


def _context(protocol: int, identity: Identity) -> ssl.SSLContext:
    context = ssl.SSLContext(protocol)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    identity.load(context)
    return context
