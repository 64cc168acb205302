"""A value under a name: secret by itself, or because the name says so."""

from __future__ import annotations

from kubeguard.model.credentials.credential import Credential
from kubeguard.model.credentials.keys import Promise, promise
from kubeguard.model.credentials.patterns import find
from kubeguard.model.credentials.values import harmless, quantity, random
from kubeguard.model.regex import Regex

_SHORTEST_PASSWORD = 3
_SHORTEST_PIN = 4
_SHORTEST_SECRET = 6
_LONGEST = 4096
_OBJECT_NAME = Regex(r"[a-z0-9]+(?:[-./][a-z0-9]+)+")


def literal(key: str, value: str) -> Credential | None:
    """The secret that `value` is or holds, None when there is none; offsets are into `value`.

    `changeme`, `password` and other defaults under a password's name are secrets: what is applied
    runs with them. What cannot work as a secret (`<your-token>`, `REPLACE_ME`, `$(X)`) is none.
    """
    found = find(value)
    if found:
        return found[0]
    promised = promise(key)
    if promised is Promise.NOTHING or len(value) > _LONGEST:
        return None
    start = len(value) - len(value.lstrip())
    bare = value.strip()
    if harmless(bare) or any(char.isspace() for char in bare) or not _enough(promised, bare):
        return None
    kind = "password" if promised is Promise.PASSWORD else "secret"
    return Credential(kind, start, start + len(bare))


def _enough(promised: Promise, value: str) -> bool:
    """Whether the value can be what its name promises."""
    if promised is Promise.WEAK:
        return random(value)
    if promised is Promise.NAMEABLE and _OBJECT_NAME.fullmatch(value) and not random(value):
        return False
    if promised < Promise.PASSWORD:
        return len(value) >= _SHORTEST_SECRET and not quantity(value)
    return len(value) >= (_SHORTEST_PIN if quantity(value) else _SHORTEST_PASSWORD)
