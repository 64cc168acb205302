"""Answers given before, kept in Redis for a short time; the service is right without it."""

import asyncio
import base64
from dataclasses import dataclass
from time import monotonic
from typing import TYPE_CHECKING, Protocol

from prometheus_client import Counter
from pydantic import ValidationError

from reference_app.service.messages import Answer
from reference_app.service.sealing import Keys, Sealed, UnsealedError

ASKED = Counter("reference_app_cache", "Look-ups of the cache.", ["outcome"])
if TYPE_CHECKING:
    from redis.asyncio import Redis  # an extra: who wants no cache need not install it

PATIENCE = 0.1  # seconds: a slower cache is worth nothing
PAUSE = 5.0  # seconds without a cache after it failed


class Cache(Protocol):
    """Remembers answers, or does not."""

    async def get(self, question: str) -> Answer | None:
        """The answer to a question, if it is remembered."""

    async def put(self, question: str, answer: Answer) -> None:
        """Remember an answer for a while."""

    async def close(self) -> None:
        """Let go of connections."""


class NoCache:
    """Remembers nothing."""

    async def get(self, question: str) -> None:
        """Nothing."""

    async def put(self, question: str, answer: Answer) -> None:
        """Forget it."""

    async def close(self) -> None:
        """There are no connections."""


@dataclass(slots=True)
class RedisCache:
    """Remembers sealed answers under digests of their questions: Redis learns neither."""

    redis: "Redis"
    keys: Keys
    seconds: int
    failures: tuple[type[Exception], ...]
    paused_until: float = 0.0

    async def get(self, question: str) -> Answer | None:
        """The answer to a question, if Redis has it and it was not tampered with."""
        answer = await self._found(question)
        ASKED.labels("miss" if answer is None else "hit").inc()
        return answer

    async def put(self, question: str, answer: Answer) -> None:
        """Remember an answer for a while, if Redis is there."""
        if self._paused():
            return
        name = self._name(question)
        sealed = self.keys.value.seal(answer.model_dump_json(), name)
        value = f"{sealed.key} {base64.b64encode(sealed.content).decode()}".encode()
        try:
            async with asyncio.timeout(PATIENCE):
                await self.redis.set(name, value, ex=self.seconds)
        except self.failures:
            self._pause()

    async def close(self) -> None:
        """Close the connections."""
        await self.redis.aclose()

    async def _found(self, question: str) -> Answer | None:
        if self._paused():
            return None
        name = self._name(question)
        try:
            async with asyncio.timeout(PATIENCE):
                value = await self.redis.get(name)
        except self.failures:
            self._pause()
            return None
        return self._opened(value, name) if isinstance(value, bytes) else None

    def _opened(self, value: bytes, name: str) -> Answer | None:
        try:
            key, content = value.decode().split(" ")
            sealed = Sealed(key, base64.b64decode(content))
            return Answer.model_validate_json(self.keys.value.open(sealed, name))
        except (UnsealedError, ValidationError, ValueError):
            ASKED.labels("spoilt").inc()
            return None

    def _name(self, question: str) -> str:
        words = " ".join(question.split())
        return f"reference_app/{self.keys.value.digests(words, 'cache')[0].hex()}"

    def _paused(self) -> bool:
        return monotonic() < self.paused_until

    def _pause(self) -> None:
        ASKED.labels("lost").inc()
        self.paused_until = monotonic() + PAUSE


def open_cache(url: str, authority: str | None, keys: Keys, seconds: int) -> Cache:
    """The cache of a rediss:// URL, whose certificate the authority must have signed."""
    from redis.asyncio import Redis
    from redis.exceptions import RedisError

    redis = Redis.from_url(
        url, ssl_ca_certs=authority, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE
    )
    return RedisCache(redis, keys, seconds, (RedisError, OSError, TimeoutError))
