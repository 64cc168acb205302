"""From a credential to the one who holds it."""

import asyncio

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request

from reference_app.user.api_keys import ApiKeys
from reference_app.user.principals import Principal, unauthenticated
from reference_app.user.rates import Rate
from reference_app.user.tokens import Tokens

FAILURES_PER_MINUTE = 20  # from one address, before a guess is not even looked at
AT_ONCE = 2  # scrypt takes 16 MiB and a core; guesses wait their turn


class Authentication:
    """Knows API keys, and tokens when an issuer is configured."""

    def __init__(self, keys: ApiKeys, tokens: Tokens | None = None) -> None:
        self.keys = keys
        self._tokens = tokens
        self._failures = Rate(FAILURES_PER_MINUTE)
        self._turn = asyncio.Semaphore(AT_ONCE)

    async def of(self, request: Request) -> Principal:
        """Who sends a request, by its Authorization header."""
        scheme, _, credential = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            raise unauthenticated()
        return await self.prove(credential.strip(), address(request))

    async def prove(self, credential: str, address: str) -> Principal:
        """The holder of an API key or token; RefusedError otherwise."""
        known = self.keys.recognise(credential)
        if known is not None:
            return known
        self._failures.take(address)  # taken before the guess: many at once are not free
        principal = await self._looked_up(credential)
        self._failures.give_back(address)
        return principal

    async def _looked_up(self, credential: str) -> Principal:
        if credential.startswith("qa_"):
            async with self._turn:
                principal = await run_in_threadpool(self.keys.prove, credential)
            if principal is not None:
                return principal
        elif self._tokens is not None:
            return await self._tokens.prove(credential)
        raise unauthenticated()


def address(request: Request) -> str:
    """Where a request comes from; headers that claim to know better are not believed."""
    return request.client.host if request.client else "unknown"
