"""Certificates for the modules of a service, of authorities that only they trust.

Each name has an authority of its own, and all trust all of them. Authorities and what they signed
are kept in one Secret that nobody mounts; what a module mounts is in the Secret `NAME-tls`.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any

from kubeguard.cluster.authority import State, advanced, begun, from_secret, to_secret, utc_now
from kubeguard.cluster.objects import Objects

KEPT = "kubeguard-certificates"
"""The Secret with the authorities."""


def renew(
    names: Sequence[str],
    namespace: str,
    cluster: Objects,
    clock: Callable[[], datetime] = utc_now,
) -> dict[str, datetime]:
    """Make what is missing, take the next step where one is due; when each certificate expires.

    An authority is replaced in three steps, ten minutes apart at least, so that everybody trusts
    the new one before it signs: whoever calls this every day never has an outage. Raises
    KubeguardError.
    """
    kept = (cluster.get(_secret(KEPT, namespace)) or {}).get("data", {})
    before = unpacked({key: base64.b64decode(value) for key, value in kept.items()})
    states = before | stepped(before, {n: _hosts(n, namespace) for n in names}, clock())
    cluster.apply(_secret(KEPT, namespace, "Opaque", packed(states)))
    for name, state in states.items():
        content = {
            "tls.crt": state.leaf.certificate,
            "tls.key": state.leaf.key,
            "ca.crt": trusted(states),
        }
        cluster.apply(_secret(f"{name}-tls", namespace, "kubernetes.io/tls", content))
    return {name: expiry(states[name]) for name in names}


def stepped(
    before: Mapping[str, State], hosts: Mapping[str, Sequence[str]], now: datetime
) -> dict[str, State]:
    """Begun where there was none, else after the next step that is due; for these names."""
    return {
        name: advanced(before[name], own, now) if name in before else begun(own, now)
        for name, own in hosts.items()
    }


def trusted(states: Mapping[str, State]) -> bytes:
    """Whom everybody trusts, in PEM."""
    return b"".join(state.bundle for state in states.values())


def expiry(state: State) -> datetime:
    """When its certificate ends."""
    return state.leaf.parsed.not_valid_after_utc


def packed(states: Mapping[str, State]) -> dict[str, bytes]:
    """All of them as one mapping."""
    return {
        f"{name}.{key}": value
        for name, state in states.items()
        for key, value in to_secret(state).items()
    }


def unpacked(kept: Mapping[str, bytes]) -> dict[str, State]:
    """The other way round; one that is damaged is not among them."""
    parts: dict[str, dict[str, bytes]] = {}
    for key, value in kept.items():
        name, _, part = key.partition(".")
        parts.setdefault(name, {})[part] = value
    states = {name: from_secret(own) for name, own in parts.items()}
    return {name: state for name, state in states.items() if state}


def _hosts(name: str, namespace: str) -> tuple[str, ...]:
    """As others in the namespace call it, and in the cluster."""
    return name, f"{name}.{namespace}.svc", f"{name}.{namespace}.svc.cluster.local"


def _secret(
    name: str, namespace: str, kind: str = "", content: Mapping[str, bytes] = {}
) -> dict[str, Any]:
    data = {key: base64.b64encode(value).decode() for key, value in content.items()}
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": kind, "data": data}
