"""OIDC bearer tokens, proven by the keys that their issuer publishes (RFC 7519, RFC 7517)."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from time import monotonic
from typing import Any

import httpx
import jwt
from pydantic import TypeAdapter, ValidationError

from reference_app.service.logs import event
from reference_app.service.messages import Owner
from reference_app.service.refusals import Reason, RefusedError
from reference_app.user.principals import Principal, known_roles, unauthenticated

ALGORITHMS = ["RS256", "PS256", "ES256", "EdDSA"]  # no secret shared with the issuer, and no "none"
LONGEST_TOKEN = 8192  # characters
LARGEST_KEYS = 262_144  # bytes
FRESH, PATIENCE = 600.0, 30.0  # seconds until keys are read again, and at least between readings
LEEWAY = 30  # seconds by which clocks may differ
OWNER = TypeAdapter(Owner)


@dataclass(frozen=True, slots=True)
class Issuer:
    """Whose tokens count, and which claim of theirs names roles."""

    url: str
    audience: str
    roles_claim: str


class PublishedKeys:
    """The issuer's keys by id; unknown ones are looked for, but not again and again."""

    def __init__(self, client: httpx.AsyncClient, url: str) -> None:
        self._client = client
        self._url = url
        self._keys: Mapping[str, jwt.PyJWK] = {}
        self._read_at = -FRESH
        self._lock = asyncio.Lock()

    async def get(self, number: str) -> jwt.PyJWK | None:
        """The key of this id, or none when the issuer publishes none."""
        async with self._lock:
            age = monotonic() - self._read_at
            if age > FRESH or (number not in self._keys and age > PATIENCE):
                await self._read()
        return self._keys.get(number)

    async def _read(self) -> None:
        self._read_at = monotonic()
        try:
            reply = await self._client.get(self._url)
            if reply.status_code == httpx.codes.OK and len(reply.content) <= LARGEST_KEYS:
                keys = jwt.PyJWKSet.from_dict(reply.json()).keys
                self._keys = {key.key_id: key for key in keys if key.key_id}
        except (httpx.HTTPError, jwt.PyJWTError, ValueError, AttributeError) as error:
            # The keys read before still count: an issuer's outage locks nobody out at once.
            event("issuer unreachable", exception=type(error).__name__)


class Tokens:
    """Checks bearer tokens."""

    def __init__(self, issuer: Issuer, keys: PublishedKeys) -> None:
        self._issuer = issuer
        self._keys = keys

    async def prove(self, token: str) -> Principal:
        """Who a token speaks for; RefusedError when it is forged, expired or for somebody else."""
        try:
            claims = await self._claims(token)
            owner = OWNER.validate_python(f"oidc:{claims['sub']}")
        except (jwt.PyJWTError, ValidationError):
            raise unauthenticated() from None
        named = claims.get(self._issuer.roles_claim)
        roles = known_roles(named if isinstance(named, list) else [named])
        if not roles:
            raise RefusedError(Reason.FORBIDDEN, "your token names no role of this service")
        return Principal(owner, roles, "oidc", float(claims["exp"]))

    async def _claims(self, token: str) -> dict[str, Any]:
        if len(token) > LONGEST_TOKEN:
            raise unauthenticated()
        number = jwt.get_unverified_header(token).get("kid")
        key = await self._keys.get(number) if isinstance(number, str) else None
        if key is None:
            raise unauthenticated()
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=ALGORITHMS,
            audience=self._issuer.audience,
            issuer=self._issuer.url,
            leeway=LEEWAY,
            options={"require": ["exp", "iat", "sub"]},
        )
        return claims
