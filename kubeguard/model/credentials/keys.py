"""Names under which people keep secrets, and names that only sound like it."""

from __future__ import annotations

import re
from enum import IntEnum
from functools import lru_cache

from kubeguard.model.credentials.words import split, words
from kubeguard.model.regex import Regex


class Promise(IntEnum):
    """How much a name promises a secret."""

    NOTHING = 0
    WEAK = 1
    """Only a value that looks random is one: `AUTH`, `ACCOUNT_KEY`."""
    NAMEABLE = 2
    """One too, unless the value reads like the name of an object: `SECRET`, `TOKEN`."""
    SECRET = 3
    """Any value long enough is one: `API_KEY`, `CLIENT_SECRET`."""
    PASSWORD = 4
    """Any value is one."""


_LONGEST = 200
_FILE = Regex(
    r"\.(?:py|js|mjs|ts|tsx|jsx|sh|bash|go|rs|rb|php|java|lua|pl|c|h|cpp|sql|html?|css|md|txt|rst|"
    r"ya?ml|json|toml|ini|cfg|conf|properties|xml|env|tpl|tmpl|j2|pem|crt|cer|key|p12|jks|csv|log)$"
)
SUSPICIOUS = (
    "pass",
    "pwd",
    "secret",
    "token",
    "key",
    "cred",
    "auth",
    "bearer",
    "jwt",
    "dsn",
    "conn",
)
"""Every name that promises a secret holds one of these."""
_SUSPICIOUS = Regex("|".join(SUSPICIOUS), re.IGNORECASE)

_PASSWORDS = words(
    """
    password passwords passwd passwort pwd pass passphrase passcode
    """
)
_PASSWORD_ENDS = (
    "password",
    "passwd",
    "passphrase",
    "requirepass",
    "dbpass",
    "rootpass",
    "adminpass",
    "userpass",
)
_SECRETS = words(
    """
    apikey apikeys apitoken authtoken accesstoken bearer jwt credential creds
    """
)
_SECRET_ENDS = (
    "apikey",
    "secretkey",
    "accesskey",
    "privatekey",
    "accesstoken",
    "authtoken",
    "apitoken",
    "clientsecret",
    "masterauth",
)
_NAMEABLE = words("secret token")
_NAMEABLE_ENDS = ("secret", "token")
_WEAK = words(
    """
    credentials cred auth authorization authorisation dsn connectionstring connstr
    """
)
_OWNERS_OF_A_SECRET = words(
    """
    access api app application auth bearer bot client consumer cookie encryption hmac jwt nextauth
    oauth refresh session shared signing state super webhook
    """
)
_OWNERS_OF_A_KEY = words(
    """
    access api auth encryption hmac jwt master private secret service session sign signing
    shared
    """
)
_OWNERS_OF_A_WEAK_KEY = words(
    """
    account admin app application cookie crypt crypto data deploy integration license root
    routing server ssh storage subscription webhook
    """
)
_SERVERS_THAT_PASS = words("proxy fastcgi uwsgi scgi grpc memcached")
_AFTER = words(
    """
    age alg algo algorithm allowed annotation audience authentication authenticator backend bits
    claim claims class column cookie count days digest dir directory disabled duration enable
    enabled encoder encoding encryption endpoint engine env environment exchange exp expiration
    expire expired expires expiry field file filename files folder form format generator grant
    hash hasher hashes hashing header hint host hours id ids interval introspection issuer items
    kind label labels leeway len length lifetime limit limits location manager mapper max method
    methods min minimum minutes mode mount mountpath name names namespace only page param
    parameter path paths pattern period policies policy port prefix prompt property provider
    question realm ref refresh refs regex required requirement requirements reset review rotate
    rotation rounds scheme scope scopes seconds selector server service size sock socket source
    stdin store strength suffix template timeout ttl type types uri url urls usage validation
    validator validators var variable version volume webhook
    """
)
_NONE_AT_ALL = words("disable disabled empty no skip without")
"""What turns an option about passwords into a switch: `adduser --disabled-password app`."""
_BEFORE = words(
    """
    pull image existing public publishable per max num tls ssl no disable skip without allow
    require requires
    """
)


def secret_key(key: str) -> bool:
    """Whether a name promises a secret, strongly or weakly."""
    return promise(key) > Promise.NOTHING


@lru_cache(maxsize=8192)
def promise(key: str) -> Promise:
    """What a name promises, judged by its words: split at capitals, `_`, `-`, `.`, `/`."""
    if len(key) > _LONGEST or not _SUSPICIOUS.search(key) or _FILE.search(key):
        return Promise.NOTHING
    parts = ["", *split(key), ""]
    best = Promise.NOTHING
    for before, word, at in zip(parts, parts[1:-1], range(2, len(parts)), strict=False):
        found = _of(word, before, parts[at])
        if found > best and not _AFTER.intersection(parts[at:]):
            best = found
    return Promise.NOTHING if best < Promise.PASSWORD and _BEFORE.intersection(parts) else best


def _of(word: str, before: str, after: str) -> Promise:
    """What one word promises between its neighbours."""
    if word == "pass" and before in _SERVERS_THAT_PASS:
        return Promise.NOTHING
    if word in _PASSWORDS or word.endswith(_PASSWORD_ENDS):
        nothing = after in ("key", "secret") or before in _NONE_AT_ALL
        return Promise.NOTHING if nothing else Promise.PASSWORD
    if word in _SECRETS or word.endswith(_SECRET_ENDS):
        return Promise.SECRET
    if word == "key" and before in _OWNERS_OF_A_KEY:
        return Promise.SECRET
    if word in _NAMEABLE and before in _OWNERS_OF_A_SECRET:
        return Promise.SECRET
    if word == "key" and before in _OWNERS_OF_A_WEAK_KEY:
        return Promise.WEAK
    if word in _NAMEABLE or word.endswith(_NAMEABLE_ENDS):
        return Promise.NOTHING if word == "token" and after == "key" else Promise.NAMEABLE
    if word in _WEAK:
        return Promise.WEAK
    return Promise.NOTHING
