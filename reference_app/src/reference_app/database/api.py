"""The database module's interface; only the user module may call it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

from prometheus_client import Counter, Gauge
from sqlalchemy.exc import SQLAlchemyError
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from reference_app.database.engine import is_current, open_engine
from reference_app.database.store import ReplayedError, Store
from reference_app.service.logs import event
from reference_app.service.messages import (
    Erased,
    Erasure,
    Feedback,
    Lookup,
    Message,
    NewExchange,
    Replayed,
    Search,
)
from reference_app.service.probes import probes
from reference_app.service.refusals import Reason, RefusedError, count_refusal
from reference_app.service.requests import days_of, read
from reference_app.service.settings import DatabaseSettings
from reference_app.service.shield import Limits, Module, shielded
from reference_app.service.state import State

NAME = "database"
BODY = 65_536  # bytes: a question, an answer and its passage
HOUR = 3600.0
RETENTION = Gauge("reference_app_retention_at_seconds", "When retention was last enforced.")
DELETED = Counter("reference_app_exchanges_deleted", "Exchanges deleted.", ["why"])


class Endpoints:
    """What callers may do with the store."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def add(self, request: Request) -> Response:
        """Keep an exchange: 201, or 200 when it is kept already, or 409 when its nonce is."""
        new = await read(request, NewExchange)
        try:
            added = await run_in_threadpool(self._store.add, new)
        except ReplayedError as replay:
            count_refusal(NAME, Reason.REPLAYED)
            return _reply(Replayed(id=replay.first), Reason.REPLAYED.status)
        return Response(status_code=201 if added else 200)

    async def get(self, request: Request) -> Response:
        """An owner's exchange, or 404."""
        found = await run_in_threadpool(self._store.get, await read(request, Lookup))
        if found is None:
            raise _absent()
        return _reply(found)

    async def search(self, request: Request) -> Response:
        """A list of exchanges."""
        found = await run_in_threadpool(self._store.search, await read(request, Search))
        return JSONResponse([each.model_dump(mode="json") for each in found])

    async def judge(self, request: Request) -> Response:
        """Keep feedback, or 404."""
        if not await run_in_threadpool(self._store.judge, await read(request, Feedback)):
            raise _absent()
        return Response(status_code=204)

    async def erase(self, request: Request) -> Response:
        """Delete what an owner asked."""
        erasure = await read(request, Erasure)
        count = await run_in_threadpool(self._store.erase, erasure.owner)
        DELETED.labels("erasure").inc(count)
        event("erased", count=count)
        return _reply(Erased(erased=count))

    async def statistics(self, request: Request) -> Response:
        """Figures of the last days."""
        days = days_of(request)
        return _reply(await run_in_threadpool(self._store.statistics, days))


def database_app(settings: DatabaseSettings, state: State) -> Starlette:
    """The database module."""
    engine = open_engine(settings.database)
    store = Store(engine, settings.keys())
    endpoints = Endpoints(store)

    async def reachable() -> bool:
        try:
            return await run_in_threadpool(is_current, engine)
        except SQLAlchemyError:
            return False

    @contextlib.asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        keeper = asyncio.create_task(_expire_hourly(store, settings.retention_days))
        yield
        keeper.cancel()
        engine.dispose()

    routes = [
        Route("/v1/exchanges", endpoints.add, methods=["POST"]),
        Route("/v1/lookups", endpoints.get, methods=["POST"]),
        Route("/v1/searches", endpoints.search, methods=["POST"]),
        Route("/v1/feedback", endpoints.judge, methods=["POST"]),
        Route("/v1/erasures", endpoints.erase, methods=["POST"]),
        Route("/v1/statistics", endpoints.statistics),
        *probes(state, reachable),
    ]
    limits = Limits(body=BODY, seconds=settings.request_seconds)
    return shielded(Module(NAME, state, limits), routes, lifespan)


async def _expire_hourly(store: Store, days: int) -> None:
    while True:
        try:
            count = await run_in_threadpool(store.expire, days)
            DELETED.labels("retention").inc(count)
            RETENTION.set_to_current_time()
        except SQLAlchemyError as error:
            event("retention failed", exception=type(error).__name__)
        await asyncio.sleep(HOUR)


def _reply(message: Message, status: int = 200) -> Response:
    return Response(message.model_dump_json(), status, media_type="application/json")


def _absent() -> RefusedError:
    return RefusedError(Reason.NOT_FOUND, "there is no such exchange")
