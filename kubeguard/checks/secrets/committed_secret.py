"""A Secret in a repository is a secret of everybody with a clone; base64 hides nothing."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterator

from kubeguard.checks.kit import (
    Manifest,
    Node,
    Problem,
    Profile,
    Severity,
    advise,
    check,
    credentials,
)

_PUBLIC = frozenset({"ca.crt", "tls.crt", "cert", "ca-bundle.crt", "namespace", "service-ca.crt"})


@check(
    "KG6004",
    "Secret is written down with its values",
    on=Manifest,
    severity=Severity.MEDIUM,
    profile=Profile.PEDANTIC,
    kinds=("Secret",),
    refs=("CWE-312", "MITRE T1552"),
)
def committed_secret(secret: Manifest) -> Iterator[Problem]:
    for field in ("data", "stringData"):
        values = secret.node[field]
        keys = [key for key, value in values.items() if key not in _PUBLIC and _real(field, value)]
        if keys:
            named = ", ".join(map(repr, keys[:3])) + (" ..." if len(keys) > 3 else "")
            how = "in base64, which hides nothing" if field == "data" else "in plain text"
            yield Problem(
                values,
                f"the values of {named} are written down {how}",
                advise("keep the values outside: External Secrets, Sealed Secrets or SOPS"),
            )


def _real(field: str, value: Node) -> bool:
    """Neither empty, nor a placeholder, a reference, an encrypted or a public value."""
    text = value.text
    if field == "data":
        try:
            text = base64.b64decode(text).decode(errors="replace")
        except (binascii.Error, ValueError):
            return not credentials.harmless(text)
    return not credentials.harmless(text)
