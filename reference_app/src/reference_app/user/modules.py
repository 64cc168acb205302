"""The other two modules as the user module sees them."""

import asyncio
import json
from dataclasses import dataclass
from itertools import chain, repeat
from time import perf_counter
from typing import Any, TypeVar
from uuid import UUID

import httpx
from prometheus_client import Histogram
from pydantic import TypeAdapter, ValidationError

from reference_app.service.messages import (
    Answer,
    Erased,
    Exchange,
    Explanation,
    Feedback,
    Lookup,
    Message,
    NewExchange,
    Replayed,
    Search,
    Statistics,
)
from reference_app.service.refusals import REASON, Reason, RefusedError
from reference_app.service.tracing import outgoing

CALLS = Histogram("reference_app_call_seconds", "Calls of other modules.", ["to", "outcome"])
PAUSES = (0.0, 0.05, 0.2, 0.5, 1.0)  # seconds before each attempt; the last one is repeated
Explained = TypeVar("Explained", bound=Explanation)
EXCHANGES = TypeAdapter(list[Exchange])


class ReplayedError(Exception):
    """The nonce of a question was used before."""

    def __init__(self, first: UUID) -> None:
        super().__init__("the nonce was used before")
        self.first = first


@dataclass(frozen=True, slots=True)
class Peer:
    """Another module; all calls may be made twice, so that a lost connection loses no request."""

    name: str
    client: httpx.AsyncClient
    patience: float = 8.0  # seconds in which a replica that was killed may come back

    async def call(
        self, method: str, path: str, content: str | bytes | None = None
    ) -> httpx.Response:
        """Its reply; RefusedError when it has none, however often it is asked."""
        started = perf_counter()
        for pause in chain(PAUSES, repeat(PAUSES[-1])):
            if perf_counter() + pause - started > self.patience:
                break
            await asyncio.sleep(pause)
            reply = await self._attempt(method, path, content)
            if reply is not None and reply.status_code != Reason.UNAVAILABLE.status:
                return reply
        raise RefusedError(Reason.UNAVAILABLE, "the service is busy, please ask again")

    async def _attempt(
        self, method: str, path: str, content: str | bytes | None
    ) -> httpx.Response | None:
        started = perf_counter()
        headers = {"content-type": "application/json", **outgoing()}
        outcome = "lost"
        try:
            reply = await self.client.request(method, path, content=content, headers=headers)
            outcome = str(reply.status_code)
            return reply
        except httpx.TransportError:
            return None
        finally:
            CALLS.labels(self.name, outcome).observe(perf_counter() - started)


class AnswerModule:
    """The answer module."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    async def answer(self, question: str) -> Answer:
        """What it answers."""
        reply = await self._peer.call("POST", "/v1/answer", _json({"question": question}))
        try:
            return Answer.model_validate_json(_accepted(reply).content)
        except ValidationError:
            raise RefusedError(Reason.FAILED, "something went wrong on our side") from None

    async def judge(self, helpful: bool) -> None:
        """Let it count whether an answer helped."""
        _accepted(await self._peer.call("POST", "/v1/feedback", _json({"helpful": helpful})))

    async def explain(self, body: dict[str, object], kind: type[Explained]) -> Explained:
        """Its reasons for an answer, for a digit, or of a model as a whole."""
        reply = await self._peer.call("POST", "/v1/explain", json.dumps(body))
        try:
            return kind.model_validate_json(_accepted(reply).content)
        except ValidationError:
            raise RefusedError(Reason.FAILED, "something went wrong on our side") from None

    async def forward(self, path: str, body: bytes) -> Any:
        """Its reply to a request that it alone understands."""
        return _accepted(await self._peer.call("POST", path, body)).json()


class DatabaseModule:
    """The database module."""

    def __init__(self, peer: Peer) -> None:
        self._peer = peer

    async def add(self, new: NewExchange) -> None:
        """Keep an exchange; ReplayedError when its nonce was used before."""
        reply = await self._post("/v1/exchanges", new)
        if reply.status_code == Reason.REPLAYED.status:
            raise ReplayedError(Replayed.model_validate_json(reply.content).id)
        _accepted(reply)

    async def get(self, lookup: Lookup) -> Exchange:
        """An owner's exchange."""
        reply = _accepted(await self._post("/v1/lookups", lookup))
        return Exchange.model_validate_json(reply.content)

    async def search(self, search: Search) -> list[Exchange]:
        """Exchanges, newest first."""
        reply = _accepted(await self._post("/v1/searches", search))
        return EXCHANGES.validate_json(reply.content)

    async def judge(self, feedback: Feedback) -> None:
        """Keep feedback."""
        _accepted(await self._post("/v1/feedback", feedback))

    async def erase(self, owner: Message) -> int:
        """Delete what an owner asked, and say how many exchanges that was."""
        reply = _accepted(await self._post("/v1/erasures", owner))
        return Erased.model_validate_json(reply.content).erased

    async def statistics(self, days: int) -> Statistics:
        """Figures of the last days."""
        reply = _accepted(await self._peer.call("GET", f"/v1/statistics?days={days}"))
        return Statistics.model_validate_json(reply.content)

    async def _post(self, path: str, message: Message) -> httpx.Response:
        return await self._peer.call("POST", path, message.model_dump_json())


def _json(value: dict[str, str | bool]) -> bytes:
    return json.dumps(value).encode()


def _accepted(reply: httpx.Response) -> httpx.Response:
    """The reply itself; RefusedError with its reason when it is a refusal."""
    if reply.is_success:
        return reply
    reason = REASON.get(reply.status_code, Reason.FAILED)
    if reply.status_code == httpx.codes.UNPROCESSABLE_ENTITY:
        reason = Reason.MALFORMED
    if reason not in (Reason.MALFORMED, Reason.NOT_FOUND, Reason.TOO_LARGE):
        raise RefusedError(Reason.FAILED, "something went wrong on our side")
    body = reply.json()
    raise RefusedError(reason, str(body.get("message", body.get("error")))[:300])
