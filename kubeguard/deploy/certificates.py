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
    before = _states(cluster.get(_secret(KEPT, namespace)))
    now = clock()
    states = {name: _next(before.get(name), _hosts(name, namespace), now) for name in names}
    others = {name: state for name, state in before.items() if name not in states}
    kept = {
        f"{name}.{key}": value
        for name, state in (others | states).items()
        for key, value in to_secret(state).items()
    }
    cluster.apply(_secret(KEPT, namespace, "Opaque", kept))
    trusted = b"".join(state.bundle for state in (others | states).values())
    for name, state in (others | states).items():
        content = {"tls.crt": state.leaf.certificate, "tls.key": state.leaf.key, "ca.crt": trusted}
        cluster.apply(_secret(f"{name}-tls", namespace, "kubernetes.io/tls", content))
    return {name: state.leaf.parsed.not_valid_after_utc for name, state in states.items()}


def _hosts(name: str, namespace: str) -> tuple[str, ...]:
    """As others in the namespace call it, and in the cluster."""
    return name, f"{name}.{namespace}.svc", f"{name}.{namespace}.svc.cluster.local"


def _next(state: State | None, hosts: Sequence[str], now: datetime) -> State:
    return advanced(state, hosts, now) if state else begun(hosts, now)


def _states(secret: Mapping[str, Any] | None) -> dict[str, State]:
    """The authorities in the Secret, by name; one that is damaged is made anew."""
    data: dict[str, dict[str, bytes]] = {}
    for key, value in (secret or {}).get("data", {}).items():
        name, _, part = key.partition(".")
        data.setdefault(name, {})[part] = base64.b64decode(value)
    states = {name: from_secret(parts) for name, parts in data.items()}
    return {name: state for name, state in states.items() if state}


def _secret(
    name: str, namespace: str, kind: str = "", content: Mapping[str, bytes] = {}
) -> dict[str, Any]:
    data = {key: base64.b64encode(value).decode() for key, value in content.items()}
    metadata = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": metadata, "type": kind, "data": data}
