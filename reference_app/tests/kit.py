"""What several tests need: a laptop's service in memory, and real servers with certificates."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import httpx
from prometheus_client import REGISTRY
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from reference_app.answer.figures import bars
from reference_app.database.api import database_app
from reference_app.database.engine import migrate, open_engine
from reference_app.service.settings import DatabaseSettings, UserSettings
from reference_app.service.shield import Module, surrounded
from reference_app.service.state import State
from reference_app.user.api_keys import FixedRecords, new_key
from reference_app.user.app import Outside, user_app
from reference_app.user.principals import Role

HTML = {"accept": "text/html"}
SOURCE = {"title": "Privileges", "passage": "Drop all capabilities.", "file": "pods.md"}


def fake_answer_app(*_: object) -> Starlette:
    """Answers what is asked about pods, and knows nothing else; `boom` breaks it."""

    async def answer(request: Request) -> Response:
        question = (await request.json())["question"]
        if "boom" in question:
            raise RuntimeError(f"cannot answer {question}")
        known = "pod" in question.lower()
        text = f"You asked: {question}" if known else None
        source = SOURCE if known else None
        reply = {"answer": text, "confidence": 0.75, "known": known, "source": source}
        return JSONResponse({**reply, "model": "fake/1"})

    async def classify(_: Request) -> Response:
        return JSONResponse({"digit": 7})

    async def explain(request: Request) -> Response:
        body = await request.json()
        if not body:
            return JSONResponse({"error": "give a question"}, 422)
        figures = {"one": bars("What each word adds", [("<b>pod</b>", 0.5), ("a", -0.1)])}
        answer = {"known": True, "confidence": 0.75, "threshold": 0.4}
        digit = {"digit": 7, "probabilities": [0.0] * 7 + [1.0, 0.0, 0.0]}
        return JSONResponse({"model": "fake/1", "figures": figures, **answer, **digit})

    async def feedback(_: Request) -> Response:
        return JSONResponse({"counted": True})

    async def ready(_: Request) -> Response:
        return PlainTextResponse("ready")

    endpoints = {"answer": answer, "classify": classify, "explain": explain, "feedback": feedback}
    routes = [Route(f"/v1/{path}", work, methods=["POST"]) for path, work in endpoints.items()]
    return Starlette(routes=[*routes, Route("/readyz", ready), Route("/livez", ready)])


@dataclass(frozen=True)
class Service:
    """A whole service in memory, and a key for each role."""

    client: httpx.AsyncClient
    keys: dict[Role, str]
    state: State

    def headers(self, role: Role = Role.ASKER) -> dict[str, str]:
        """The header that shows a key."""
        return {"authorization": f"Bearer {self.keys[role]}"}

    @property
    def keys_of_asker(self) -> str:
        """What an asker signs in with."""
        return self.keys[Role.ASKER]

    async def ask(self, question: str, role: Role = Role.ASKER, nonce: str = "") -> httpx.Response:
        """Ask by the interface for programs."""
        headers = {**self.headers(role), "idempotency-key": nonce or str(uuid4())}
        return await self.client.post("/v1/questions", json={"question": question}, headers=headers)


@asynccontextmanager
async def service(folder: Path, **settings: object) -> AsyncIterator[Service]:
    """The service of a laptop with data in a folder."""
    given = UserSettings(data_folder=folder, **settings)  # type: ignore[arg-type]
    state = State()
    made = {role: new_key(role.value, frozenset({role})) for role in Role}
    keys = FixedRecords({record.id: record for _, record in made.values()})
    database_settings = DatabaseSettings(data_folder=folder)
    migrate(open_engine(database_settings.database))
    database = database_app(database_settings, state)
    answer = surrounded(fake_answer_app(), Module("answer", state))
    outside = Outside(local(answer), local(database), local(Starlette()))
    app = user_app(given, state, outside, keys)
    async with AsyncExitStack() as stack:
        for each in (database, app):
            await stack.enter_async_context(each.router.lifespan_context(each))
        client = await stack.enter_async_context(local(app))
        yield Service(client, {role: key for role, (key, _) in made.items()}, state)


def local(app: ASGIApp) -> httpx.AsyncClient:
    """A client of an application in memory."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(base_url="http://service", transport=transport)


def refused(reason: str, module: str = "user") -> float:
    """How many requests were refused for a reason."""
    labels = {"module": module, "reason": reason}
    return REGISTRY.get_sample_value("reference_app_refused_total", labels) or 0.0
