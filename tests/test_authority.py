"""The certificate authority over years, with a clock that tests can turn."""

from __future__ import annotations

import ssl
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from kubeguard.cluster.authority import (
    SETTLED,
    Pair,
    State,
    advanced,
    begun,
    from_secret,
    to_secret,
)

NOW = datetime(2026, 11, 21, tzinfo=UTC)
NAMES = ["kubeguard.kubeguard.svc", "kubeguard.kubeguard.svc.cluster.local"]
TICK = timedelta(minutes=1)


def verifies(leaf: Pair, bundle: bytes, now: datetime) -> bool:
    """Whether somebody who trusts the bundle takes the certificate now."""
    certificate = leaf.parsed
    if not certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc:
        return False
    for authority in x509.load_pem_x509_certificates(bundle):
        key = authority.public_key()
        assert isinstance(key, ec.EllipticCurvePublicKey)
        try:
            certificate.verify_directly_issued_by(authority)
        except Exception:  # another authority's
            continue
        return authority.not_valid_after_utc > now
    return False


def test_a_new_one_is_trusted_at_once(tmp_path: Path) -> None:
    state = begun(NAMES, NOW)
    assert verifies(state.leaf, state.bundle, NOW)
    for name, content in to_secret(state).items():
        (tmp_path / name).write_bytes(content)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH, cafile=str(tmp_path / "ca.crt"))
    context.load_cert_chain(tmp_path / "tls.crt", tmp_path / "tls.key")


def test_the_strictest_reader_takes_it(tmp_path: Path) -> None:
    """As Python reads certificates from 3.13 on (RFC 5280)."""
    state = begun(NAMES, datetime.now(UTC))
    for name, content in to_secret(state).items():
        (tmp_path / name).write_bytes(content)
    server = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    client = ssl.create_default_context(cafile=str(tmp_path / "ca.crt"))
    for context in (server, client):  # one certificate serves both ends of a connection
        context.load_verify_locations(str(tmp_path / "ca.crt"))
        context.load_cert_chain(tmp_path / "tls.crt", tmp_path / "tls.key")
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        context.verify_mode = ssl.CERT_REQUIRED
    there, back = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = [
        client.wrap_bio(back, there, server_hostname=NAMES[0]),
        server.wrap_bio(there, back, server_side=True),
    ]
    for _ in range(4):
        for end in ends:
            with suppress(ssl.SSLWantReadError):
                end.do_handshake()
    assert all(end.getpeercert() for end in ends)


def test_for_years_whatever_is_served_is_trusted() -> None:
    """Every replica may still serve what it was told ten minutes ago, every API server trust it."""
    state, now = begun(NAMES, NOW), NOW
    leaves, authorities = {state.leaf}, {state.authority}
    recent = [(now, state)]
    while now < NOW + timedelta(days=3 * 365):
        calm = not state.coming and not state.gone
        now += timedelta(days=1) if calm else TICK
        state = advanced(state, NAMES, now)
        recent = [*((t, s) for t, s in recent if now - t < SETTLED), (now, state)]
        for _, served in recent:
            for _, trusted in recent:
                assert verifies(served.leaf, trusted.bundle, now), now
        leaves.add(state.leaf)
        authorities.add(state.authority)
    assert len(leaves) > 50
    assert len(authorities) >= 4


def test_nothing_happens_when_nothing_is_due() -> None:
    state = begun(NAMES, NOW)
    assert advanced(state, NAMES, NOW + timedelta(days=15)) is state


@pytest.mark.parametrize("days", [40, 400, 4000])
def test_a_clock_that_jumps(days: int) -> None:
    now = NOW + timedelta(days=days)
    state = advanced(begun(NAMES, NOW), NAMES, now)
    for _ in range(3):
        state = advanced(state, NAMES, now)
    assert verifies(state.leaf, state.bundle, now)


def test_another_name_is_another_certificate() -> None:
    state = advanced(begun(NAMES, NOW), [*NAMES, "other.svc"], NOW)
    found = state.leaf.parsed.extensions.get_extension_for_class(x509.SubjectAlternativeName)
    assert "other.svc" in found.value.get_values_for_type(x509.DNSName)


def test_a_secret_keeps_every_state() -> None:
    state = begun(NAMES, NOW)
    for now in (NOW, NOW + timedelta(days=300), NOW + timedelta(days=300) + SETTLED):
        state = advanced(state, NAMES, now)
        assert from_secret(to_secret(state)) == state
    assert isinstance(state, State)


@pytest.mark.parametrize("missing", ["tls.crt", "tls.key", "authority.key", "since"])
def test_a_secret_that_is_not_whole_is_none(missing: str) -> None:
    data = to_secret(begun(NAMES, NOW))
    assert from_secret({k: v for k, v in data.items() if k != missing}) is None
    assert from_secret({**data, missing: b"junk"}) is None
    other = to_secret(begun(NAMES, NOW))
    assert from_secret({**data, "tls.key": other["tls.key"]}) is None
