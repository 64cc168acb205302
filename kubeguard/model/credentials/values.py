"""Values that are no secret even under a key that promises one."""

from __future__ import annotations

import math
from collections import Counter

from kubeguard.model.credentials.words import split, words
from kubeguard.model.regex import Regex

_FILLERS = words(
    """
    dummy empty example examples fake fixme ignored insert masked needed noop notasecret omitted
    placeholder redacted replace replaceme replacewith required sample sanitized tbd todo unused
    xxx xxxx xxxxx xxxxxx your yours
    """
)
_LONGEST_FILLER = 80
_STAND_IN = Regex(
    r"<[^<>]*>|\[[^\[\]]*\]|%[A-Z0-9_]+%|_*+[A-Z]++(?:_++[A-Z]++)++_*+|@[A-Za-z0-9_.]+@"
)
_SETTINGS = words(
    """
    true false yes no on off y n null none nil undefined ~ - default auto unset empty disabled
    enabled optional required
    """
)
_REFERENCE = Regex(
    r"\$\{|\$\(|\{\{|<%|%\(|`|\{cipher\}|ENC[\[(]|(?:\$\w++)+$|\$[@*#?]$|"
    r"(?:ref\+|vault|secret|secrets|op|file|env|ssm|arn|keyvault|sops|kms|awssm|gcpsm|azkv|akv|"
    r"secretsmanager|secretmanager|bao|k8s|doppler|infisical|bws)[a-z]*:|"
    r"projects/[^/\s]+/secrets/|@Microsoft\.KeyVault|os\.(?:environ|getenv)|process\.env\.|AQICAH"
)
_QUANTITY = Regex(r"[0-9]+(?:\.[0-9]+)?(?:[numskMGTPEhdw]|ms|us|ns|min|[KMGTP]i?B?|%)?")
_PATH = Regex(r"(?:~|\.{1,2}|[A-Za-z]:)?(?:[/\\][\w.@+:-]*)+|[\w.-]+(?:/[\w.-]+)*\.[a-z]{2,5}")
_URL = Regex(r"[A-Za-z][A-Za-z0-9+.-]{0,30}://\S*")
_HASH = Regex(
    r"(?:[\w.@-]{1,64}:)?(?:sha(?:1|256|384|512)[:-]|"
    r"\$(?:2[abxy]|argon2|pbkdf2|scrypt|1|5|6|apr1|y|7|8)[a-z0-9-]*\$|"
    r"\{(?:SSHA|SHA|SHA256|SSHA512|CRYPT|MD5|SMD5|PBKDF2)[^}]*\}|SCRAM-SHA-|pbkdf2_|"
    r"md5[0-9a-f]{32}$)"
)
_PUBLIC = Regex(r"\s*(?:-----BEGIN (?!.{0,40}PRIVATE)|(?:ssh-|ecdsa-)\S+ AAAA|age1[0-9a-z]{58})")


def filler(value: str) -> bool:
    """Stands in for a secret in a sample: `<your-token>`, `API_KEY_HERE`, `xxxx`, `****`."""
    if value.endswith(("EXAMPLE", "EXAMPLEKEY")) or (len(value) > 1 and len(set(value)) == 1):
        return True
    if len(value) > _LONGEST_FILLER:
        return False
    return _STAND_IN.fullmatch(value) is not None or not _FILLERS.isdisjoint(split(value))


def reference(value: str) -> bool:
    """Names a secret that is kept elsewhere, or is filled in later."""
    return _REFERENCE.match(value) is not None or any(
        opening in value for opening in ("${", "$(", "{{", "<%")
    )


def harmless(value: str) -> bool:
    """Cannot be a secret, whatever the key: a sample, a reference, a setting, a path, a hash."""
    value = value.strip()
    return (
        not value
        or value.lower() in _SETTINGS
        or filler(value)
        or reference(value)
        or _HASH.match(value) is not None
        or _PUBLIC.match(value) is not None
        or _URL.fullmatch(value) is not None
        or (_PATH.fullmatch(value) is not None and not random(value))
    )


def quantity(value: str) -> bool:
    """A number, duration or size."""
    return _QUANTITY.fullmatch(value) is not None


_LEAST_RANDOM = 16
_LEAST_ENTROPY = 3.0


def random(value: str) -> bool:
    """Long, without spaces, letters and digits mixed, and few of them repeated."""
    if len(value) < _LEAST_RANDOM or any(char.isspace() for char in value):
        return False
    if sum(char.isdigit() for char in value) < 2 or not any(char.isalpha() for char in value):
        return False
    return entropy(value[:256]) >= _LEAST_ENTROPY


def entropy(value: str) -> float:
    """Bits per character by Shannon's formula over the characters of the value itself."""
    size = len(value)
    return -sum(n / size * math.log2(n / size) for n in Counter(value).values())
