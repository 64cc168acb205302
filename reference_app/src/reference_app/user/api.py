"""The interface for programs."""

from uuid import UUID

from pydantic import TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from reference_app.service.messages import Erasure, Message, Nonce, Question, Search
from reference_app.service.refusals import Reason, RefusedError
from reference_app.service.requests import days_of, read
from reference_app.user.asking import Desk
from reference_app.user.authentication import Authentication
from reference_app.user.modules import ReplayedError
from reference_app.user.principals import Principal

NONCE = TypeAdapter(Nonce)


class Judgement(Message):
    """Whether an answer helped."""

    helpful: bool


class Api:
    """Endpoints that take and return JSON."""

    def __init__(self, desk: Desk, authentication: Authentication) -> None:
        self._desk = desk
        self._authentication = authentication

    def routes(self) -> list[Route]:
        """All endpoints."""
        return [
            Route("/v1/questions", self.ask, methods=["POST"]),
            Route("/v1/questions/{id:uuid}", self.read),
            Route("/v1/questions/{id:uuid}/feedback", self.judge, methods=["POST"]),
            Route("/v1/searches", self.search, methods=["POST"]),
            Route("/v1/erasures", self.erase, methods=["POST"]),
            Route("/v1/statistics", self.statistics),
            Route("/v1/classify", self.classify, methods=["POST"]),
            Route("/v1/explain", self.explain, methods=["POST"]),
        ]

    async def ask(self, request: Request) -> Response:
        """Answer a question; the Idempotency-Key makes sure that it is asked once."""
        who = await self._who(request)
        asked = await read(request, Question)
        try:
            exchange = await self._desk.ask(who, asked.question, _nonce(request))
        except ReplayedError as replay:
            raise _replayed(replay.first) from None
        return _reply(exchange, 201, {"location": f"/v1/questions/{exchange.id}"})

    async def read(self, request: Request) -> Response:
        """A question of one's own, with its answer."""
        return _reply(await self._desk.read(await self._who(request), _number(request)))

    async def judge(self, request: Request) -> Response:
        """Say whether an answer helped."""
        who = await self._who(request)
        judgement = await read(request, Judgement)
        await self._desk.judge(who, _number(request), judgement.helpful)
        return Response(status_code=204)

    async def search(self, request: Request) -> Response:
        """Questions, newest first; everybody's when the owner is null."""
        who = await self._who(request)
        search = await read(request, Search)
        if "owner" not in search.model_fields_set:
            search = search.model_copy(update={"owner": who.owner})
        found = await self._desk.search(who, search)
        return JSONResponse([each.model_dump(mode="json") for each in found])

    async def erase(self, request: Request) -> Response:
        """Delete everything that an owner asked."""
        who = await self._who(request)
        erasure = await read(request, Erasure)
        return JSONResponse({"erased": await self._desk.erase(who, erasure.owner)})

    async def statistics(self, request: Request) -> Response:
        """Figures of the last days."""
        who = await self._who(request)
        return _reply(await self._desk.statistics(who, days_of(request)))

    async def classify(self, request: Request) -> Response:
        """Which digit a picture shows."""
        who = await self._who(request)
        return JSONResponse(await self._desk.forward(who, "/v1/classify", await request.body()))

    async def explain(self, request: Request) -> Response:
        """Why a model says what it says."""
        who = await self._who(request)
        return JSONResponse(await self._desk.forward(who, "/v1/explain", await request.body()))

    async def _who(self, request: Request) -> Principal:
        return await self._authentication.of(request)


def _nonce(request: Request) -> str:
    try:
        return NONCE.validate_python(request.headers.get("idempotency-key"))
    except ValidationError:
        message = "the header Idempotency-Key is 16 to 64 letters, digits, hyphens or underscores"
        raise RefusedError(Reason.MALFORMED, message) from None


def _replayed(first: UUID) -> RefusedError:
    message = "this Idempotency-Key was used before; its answer is at the location"
    return RefusedError(Reason.REPLAYED, message, {"location": f"/v1/questions/{first}"})


def _number(request: Request) -> UUID:
    number: UUID = request.path_params["id"]
    return number


def _reply(message: Message, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(message.model_dump_json(), status, headers, "application/json")
