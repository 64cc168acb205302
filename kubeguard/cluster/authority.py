"""An authority that we run ourselves: what to do next, told by state and time alone.

A new authority is trusted before anything that it signed is served, and the old one until nothing
is served any more that it signed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

AUTHORITY_LIFE = timedelta(days=365)
LEAF_LIFE = timedelta(days=30)
SETTLED = timedelta(minutes=10)
"""After which every API server trusts what it was told to, and every replica serves what it was."""
_BACKDATED = timedelta(minutes=5)
"""Clocks differ."""


class Pair(NamedTuple):
    """A certificate and its key, in PEM."""

    certificate: bytes
    key: bytes

    @property
    def parsed(self) -> x509.Certificate:
        return x509.load_pem_x509_certificate(self.certificate)


class State(NamedTuple):
    """What the Secret holds: the authority that signs, what it signed, and who else is trusted.

    `coming` will sign, `gone` (PEM) has; `since` is when the last step was taken.
    """

    authority: Pair
    leaf: Pair
    since: datetime
    coming: Pair | None = None
    gone: bytes = b""

    @property
    def bundle(self) -> bytes:
        """The authorities that an API server has to trust."""
        coming = self.coming.certificate if self.coming else b""
        return self.authority.certificate + coming + self.gone


def begun(names: Sequence[str], now: datetime) -> State:
    """A new authority with its first certificate, for these DNS names."""
    authority = _authority(now)
    return State(authority, _signed(authority, names, now), now)


def advanced(state: State, names: Sequence[str], now: datetime) -> State:
    """The state after the next step that is due, or the same when none is."""
    if _over(state.authority, now):
        return begun(names, now)._replace(gone=state.authority.certificate)
    settled = now - state.since >= SETTLED
    if state.coming and settled:
        leaf = _signed(state.coming, names, now)
        return State(state.coming, leaf, now, gone=state.authority.certificate)
    if state.gone and settled:
        return state._replace(gone=b"", since=now)
    if _ending(state.authority, now) and not state.coming and not state.gone:
        return state._replace(coming=_authority(now), since=now)
    if _ending(state.leaf, now) or not _covers(state.leaf, names):
        return state._replace(leaf=_signed(state.authority, names, now))
    return state


def to_secret(state: State) -> dict[str, bytes]:
    """The state as the data of a Secret; `tls.crt` and `tls.key` are what others expect there."""
    data = {
        "tls.crt": state.leaf.certificate,
        "tls.key": state.leaf.key,
        "ca.crt": state.bundle,
        "authority.crt": state.authority.certificate,
        "authority.key": state.authority.key,
        "gone.crt": state.gone,
        "since": state.since.isoformat().encode(),
    }
    if state.coming:
        data |= {"coming.crt": state.coming.certificate, "coming.key": state.coming.key}
    return data


def from_secret(data: Mapping[str, bytes]) -> State | None:
    """The state in the data of a Secret, None when it holds none that is whole."""
    try:
        coming = Pair(data["coming.crt"], data["coming.key"]) if "coming.crt" in data else None
        state = State(
            Pair(data["authority.crt"], data["authority.key"]),
            Pair(data["tls.crt"], data["tls.key"]),
            datetime.fromisoformat(data["since"].decode()),
            coming,
            data.get("gone.crt", b""),
        )
        pairs = (state.authority, state.leaf, *([coming] if coming else []))
        return state if all(map(_whole, pairs)) else None
    except (KeyError, ValueError):
        return None


_SIGNING = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def _authority(now: datetime) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _named(f"kubeguard {now:%Y-%m-%d}")
    made = (
        _builder(name, name, key.public_key(), now, AUTHORITY_LIFE)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_SIGNING, critical=True)
        .sign(key, hashes.SHA256())
    )
    return _pair(made, key)


def _signed(authority: Pair, names: Sequence[str], now: datetime) -> Pair:
    key = ec.generate_private_key(ec.SECP256R1())
    issuer = authority.parsed
    usage = x509.ExtendedKeyUsage(
        [ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]
    )
    alternative = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
    signer = serialization.load_pem_private_key(authority.key, None)
    assert isinstance(signer, ec.EllipticCurvePrivateKey)
    # RFC 5280 wants it, and so does Python from 3.13 on.
    by = x509.AuthorityKeyIdentifier.from_issuer_public_key(signer.public_key())
    made = (
        _builder(_named(names[0][:64]), issuer.subject, key.public_key(), now, LEAF_LIFE)
        .add_extension(alternative, critical=False)
        .add_extension(usage, critical=False)
        .add_extension(by, critical=False)
        .sign(signer, hashes.SHA256())
    )
    return _pair(made, key)


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePublicKey,
    now: datetime,
    life: timedelta,
) -> x509.CertificateBuilder:
    number = x509.random_serial_number()
    made = x509.CertificateBuilder(issuer, subject, key, number, now - _BACKDATED, now + life)
    return made.add_extension(x509.SubjectKeyIdentifier.from_public_key(key), critical=False)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _pair(certificate: x509.Certificate, key: ec.EllipticCurvePrivateKey) -> Pair:
    pem, kind = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    private = key.private_bytes(pem, kind, serialization.NoEncryption())
    return Pair(certificate.public_bytes(pem), private)


def _whole(pair: Pair) -> bool:
    key = serialization.load_pem_private_key(pair.key, None)
    return key.public_key() == pair.parsed.public_key()


def _over(pair: Pair, now: datetime) -> bool:
    return pair.parsed.not_valid_after_utc <= now


def _ending(pair: Pair, now: datetime) -> bool:
    """Whether less than a third of its life is left."""
    begin, end = pair.parsed.not_valid_before_utc, pair.parsed.not_valid_after_utc
    return (end - now) * 3 < end - begin


def _covers(pair: Pair, names: Sequence[str]) -> bool:
    found = pair.parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    return set(names) <= set(found.value.get_values_for_type(x509.DNSName))


def utc_now() -> datetime:
    return datetime.now(UTC)
