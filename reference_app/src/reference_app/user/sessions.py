"""Who signed in on the web page: a sealed cookie, so that the server keeps nothing."""

import base64
import binascii
import hmac
import secrets
from dataclasses import dataclass
from time import time

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.requests import Request
from starlette.responses import Response

from reference_app.service.sealing import Keys, Sealed, UnsealedError
from reference_app.user.api_keys import ApiKeys
from reference_app.user.principals import Principal, Role

LIFE = 8 * 3600  # seconds, if the credential does not expire before
PLACE = "session"


class Session(BaseModel):
    """What the cookie says."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str
    owner: str
    roles: frozenset[Role]
    credential: str
    expires: float

    @property
    def principal(self) -> Principal:
        """Who signed in."""
        return Principal(self.owner, self.roles, self.credential, self.expires)


@dataclass(frozen=True, slots=True)
class Sessions:
    """Writes and reads the cookie, and proves that a form came from this session's page."""

    keys: Keys
    api_keys: ApiKeys
    secure: bool  # whether the page is served by HTTPS, as it is everywhere but on a laptop

    def begin(self, response: Response, principal: Principal) -> None:
        """Set the cookie."""
        expires = min(time() + LIFE, principal.expires or float("inf"))
        session = Session(
            id=secrets.token_urlsafe(16),
            owner=principal.owner,
            roles=principal.roles,
            credential=principal.credential,
            expires=expires,
        )
        sealed = self.keys.value.seal(session.model_dump_json(), PLACE)
        value = f"{sealed.key}:{base64.urlsafe_b64encode(sealed.content).decode()}"
        response.set_cookie(
            self._cookie,
            value,
            max_age=int(expires - time()),
            secure=self.secure,
            httponly=True,
            samesite="strict",
        )

    def end(self, response: Response) -> None:
        """Delete the cookie."""
        response.delete_cookie(self._cookie, secure=self.secure, httponly=True, samesite="strict")

    def of(self, request: Request) -> Session | None:
        """The session of a request, while it lasts and its API key is on record."""
        value = request.cookies.get(self._cookie)
        session = self._opened(value) if value else None
        if session is None or session.expires < time():
            return None
        if session.credential.startswith("key:") and not self.api_keys.holds(session.credential):
            return None
        return session

    def proof(self, session: Session, nonce: str) -> str:
        """What a form carries beside its nonce."""
        return self._proofs(session, nonce)[0]

    def proves(self, session: Session, nonce: str, proof: str) -> bool:
        """Whether a form was made for this session by a key that still counts."""
        proofs = self._proofs(session, nonce)
        return any(hmac.compare_digest(each.encode(), proof.encode()) for each in proofs)

    def _proofs(self, session: Session, nonce: str) -> list[str]:
        digests = self.keys.value.digests(f"{session.id}/{nonce}", "form")
        return [digest.hex() for digest in digests]

    def _opened(self, value: str) -> Session | None:
        key, _, content = value.partition(":")
        try:
            sealed = Sealed(key, base64.urlsafe_b64decode(content))
            return Session.model_validate_json(self.keys.value.open(sealed, PLACE))
        except (binascii.Error, ValueError, UnsealedError, ValidationError):
            return None

    @property
    def _cookie(self) -> str:
        # The prefix makes the browser refuse a cookie that another host or plain HTTP has set.
        return "__Host-session" if self.secure else "session"
