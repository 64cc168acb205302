"""API keys: long random secrets, of which a mounted file holds scrypt hashes alone."""

import base64
import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol

from reference_app.user.principals import Principal, Role

KEY = re.compile(r"qa_([a-z0-9]{8})_([A-Za-z0-9_-]{43})")
OWNER = re.compile(r"[\w.@-]{1,100}")
COST, BLOCK, PARALLEL = 2**14, 8, 1  # 16 MiB and some 40 ms for each guess
HASHED = "scrypt"


class KeyRecord(NamedTuple):
    """What is known of a key: everything but the key."""

    id: str
    owner: str
    roles: frozenset[Role]
    salt: bytes
    hash: bytes

    def __str__(self) -> str:
        """A line of the file."""
        encoded = (base64.b64encode(part).decode() for part in (self.salt, self.hash))
        roles = ",".join(sorted(self.roles))
        return " ".join([self.id, self.owner, roles, HASHED, *encoded])

    @classmethod
    def parse(cls, line: str) -> "KeyRecord":
        """A line of the file; ValueError when it is none."""
        try:
            number, owner, named, hashed, salt, digest = line.split()
            roles = frozenset(map(Role, named.split(",")))
            record = cls(number, owner, roles, *map(base64.b64decode, (salt, digest)))
        except ValueError:
            raise ValueError("a line of the API keys is not as `key add` wrote it") from None
        if hashed != HASHED or not OWNER.fullmatch(owner):
            raise ValueError("an API key has an unknown hash or no proper owner")
        return record

    @property
    def principal(self) -> Principal:
        """Who holds the key."""
        return Principal(self.owner, self.roles, f"key:{self.id}")


Records = Mapping[str, KeyRecord]


class ApiKeyFile(Protocol):
    """Whatever holds records that may change: a watched file, or records held in memory."""

    @property
    def value(self) -> Records:
        """The records by id."""


@dataclass(frozen=True, slots=True)
class FixedRecords:
    """Records that live and die with the process."""

    value: Records


def parse_records(text: str) -> Records:
    """The records of a file by id; ValueError when a line is no record."""
    records = (KeyRecord.parse(line) for line in text.splitlines() if line.strip())
    return {record.id: record for record in records}


def new_key(owner: str, roles: frozenset[Role]) -> tuple[str, KeyRecord]:
    """A key to hand over, and the record to keep; ValueError for an owner with odd characters."""
    if not OWNER.fullmatch(owner):
        raise ValueError("an owner is up to 100 letters, digits, dots, at signs or hyphens")
    number = secrets.token_hex(4)
    key = f"qa_{number}_{secrets.token_urlsafe(32)}"
    salt = os.urandom(16)
    return key, KeyRecord(number, owner, roles, salt, _hash(key, salt))


class ApiKeys:
    """Checks keys; a key that was right is recognised again without the cost of scrypt."""

    def __init__(self, file: ApiKeyFile) -> None:
        self._file = file
        self._secret = os.urandom(32)
        self._seen: dict[str, tuple[KeyRecord, bytes]] = {}

    def recognise(self, key: str) -> Principal | None:
        """The holder of a key that was right before and is still on record."""
        record = self._record(key)
        if record is None:
            return None
        seen = self._seen.get(record.id)
        if seen is None or seen[0] != record or not hmac.compare_digest(seen[1], self._mark(key)):
            return None
        return record.principal

    def prove(self, key: str) -> Principal | None:
        """The holder of a key by its scrypt hash; this takes a core for some 40 ms."""
        record = self._record(key)
        if record is None or not hmac.compare_digest(_hash(key, record.salt), record.hash):
            return None
        self._seen[record.id] = record, self._mark(key)
        return record.principal

    def holds(self, credential: str) -> bool:
        """Whether the key by which somebody signed in is still on record."""
        return credential.removeprefix("key:") in self._file.value

    def _record(self, key: str) -> KeyRecord | None:
        match = KEY.fullmatch(key)
        return self._file.value.get(match[1]) if match else None

    def _mark(self, key: str) -> bytes:
        return hmac.digest(self._secret, key.encode(), "sha256")


def _hash(key: str, salt: bytes) -> bytes:
    return hashlib.scrypt(key.encode(), salt=salt, n=COST, r=BLOCK, p=PARALLEL, dklen=32)
