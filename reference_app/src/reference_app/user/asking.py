"""What people can do, whether they come by the web page or by a program."""

from dataclasses import dataclass
from datetime import UTC, datetime
from time import perf_counter
from uuid import UUID, uuid4

from reference_app.service.messages import (
    Answer,
    Erasure,
    Exchange,
    Feedback,
    Lookup,
    NewExchange,
    Search,
    Statistics,
)
from reference_app.user.cache import Cache
from reference_app.user.modules import AnswerModule, DatabaseModule, Explained
from reference_app.user.principals import Permission, Principal
from reference_app.user.rates import Rate


@dataclass(frozen=True, slots=True)
class Desk:
    """Asks the other modules on behalf of a principal, as far as its roles go."""

    answers: AnswerModule
    database: DatabaseModule
    cache: Cache
    rate: Rate

    async def ask(self, who: Principal, question: str, nonce: str) -> Exchange:
        """An answer, kept before it is told; ReplayedError when the nonce was used before."""
        who.require(Permission.ASK)
        self.rate.take(who.owner)
        started = perf_counter()
        exchange = Exchange(
            id=uuid4(),
            asked_at=datetime.now(UTC),
            question=question,
            answer=await self._answer(question),
        )
        seconds = perf_counter() - started
        new = NewExchange(exchange=exchange, owner=who.owner, nonce=nonce, seconds=seconds)
        await self.database.add(new)
        return exchange

    async def read(self, who: Principal, number: UUID) -> Exchange:
        """An exchange of one's own."""
        who.require(Permission.ASK)
        return await self.database.get(Lookup(owner=who.owner, id=number))

    async def search(self, who: Principal, search: Search) -> list[Exchange]:
        """Exchanges of one's own; those of others for analysts."""
        own = search.owner == who.owner
        who.require(Permission.ASK if own else Permission.ANALYSE)
        self.rate.take(who.owner)
        return await self.database.search(search)

    async def judge(self, who: Principal, number: UUID, helpful: bool) -> None:
        """Whether an answer of one's own helped."""
        who.require(Permission.ASK)
        await self.database.judge(Feedback(owner=who.owner, id=number, helpful=helpful))
        await self.answers.judge(helpful)

    async def erase(self, who: Principal, owner: str) -> int:
        """Delete what one asked; what others asked for operators."""
        who.require(Permission.ASK if owner == who.owner else Permission.OPERATE)
        return await self.database.erase(Erasure(owner=owner))

    async def statistics(self, who: Principal, days: int) -> Statistics:
        """Figures for analysts."""
        who.require(Permission.ANALYSE)
        return await self.database.statistics(days)

    async def explain(
        self, who: Principal, body: dict[str, object], kind: type[Explained]
    ) -> Explained:
        """Why a model says what it says, as figures."""
        who.require(Permission.ASK)
        self.rate.take(who.owner)
        return await self.answers.explain(body, kind)

    async def forward(self, who: Principal, path: str, body: bytes) -> object:
        """What the answer module says to a request that it alone understands."""
        who.require(Permission.ASK)
        self.rate.take(who.owner)
        return await self.answers.forward(path, body)

    async def _answer(self, question: str) -> Answer:
        answer = await self.cache.get(question)
        if answer is None:
            answer = await self.answers.answer(question)
            await self.cache.put(question, answer)
        return answer
