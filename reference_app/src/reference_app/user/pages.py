"""The web page: ask, read, judge, search and erase, without a script."""

import secrets
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import urlsplit
from uuid import UUID

from jinja2 import Environment, PackageLoader, StrictUndefined
from pydantic import ValidationError
from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from reference_app.service.messages import (
    LONGEST_QUESTION,
    AnswerExplanation,
    DigitExplanation,
    Explanation,
    Question,
    Search,
)
from reference_app.service.refusals import Reason, RefusedError
from reference_app.service.requests import days_of
from reference_app.service.shield import as_json
from reference_app.user.asking import Desk
from reference_app.user.authentication import Authentication, address
from reference_app.user.modules import ReplayedError
from reference_app.user.principals import Permission
from reference_app.user.sessions import Session, Sessions

STATIC = Path(__file__).parent / "static"
RECENT = 20  # exchanges on the first page
SIDE = 8  # pixels of a digit's picture
EXAMPLE = frozenset({3, 4, 10, 11, 12, 19, 20, 27, 28, 35, 36, 43, 44, 51, 52, 59, 60})  # a one

templates = Environment(
    loader=PackageLoader("reference_app.user"), autoescape=True, undefined=StrictUndefined
)


def page(name: str, values: Mapping[str, object], status: int = 200) -> Response:
    """A page from its template, in which every value is escaped."""
    return HTMLResponse(templates.get_template(f"{name}.html").render(values), status)


def render_refusal(request: Request, refusal: RefusedError) -> Response:
    """A refusal as a page for browsers, and as JSON for programs."""
    if "text/html" not in request.headers.get("accept", ""):
        return as_json(request, refusal)
    if refusal.reason is Reason.UNAUTHENTICATED and request.url.path != "/sign-in":
        return RedirectResponse("/sign-in", 303)
    home = "/sign-in" if refusal.reason is Reason.UNAUTHENTICATED else "/"
    back = refusal.headers.get("location", home)
    values = {"session": None, "message": refusal.message, "back": back}
    response = page("refused", values, refusal.reason.status)
    response.headers.update(refusal.headers)
    return response


class Pages:
    """Endpoints that take forms and return pages."""

    def __init__(self, desk: Desk, authentication: Authentication, sessions: Sessions) -> None:
        self._desk = desk
        self._authentication = authentication
        self._sessions = sessions

    def routes(self) -> list[BaseRoute]:
        """All pages."""
        return [
            Route("/", self.home),
            Route("/", self.find, methods=["POST"]),
            Route("/sign-in", self.sign_in_form),
            Route("/sign-in", self.sign_in, methods=["POST"]),
            Route("/sign-out", self.sign_out, methods=["POST"]),
            Route("/questions", self.ask, methods=["POST"]),
            Route("/questions/{id:uuid}", self.read),
            Route("/questions/{id:uuid}/feedback", self.judge, methods=["POST"]),
            Route("/questions/{id:uuid}/explanation", self.explain),
            Route("/model", self.model),
            Route("/digits", self.digits_form),
            Route("/digits", self.read_digit, methods=["POST"]),
            Route("/erasure", self.erasure_form),
            Route("/erasure", self.erase, methods=["POST"]),
            Route("/statistics", self.statistics),
            Mount("/static", StaticFiles(directory=STATIC), name="static"),
        ]

    async def home(self, request: Request) -> Response:
        """Where to ask, and what was asked lately."""
        return await self._list(self._session(request), "")

    async def find(self, request: Request) -> Response:
        """What was asked with these words; posted, so that they stay out of addresses and logs."""
        session, form = await self._form(request)
        return await self._list(session, _text(form, "text")[:LONGEST_QUESTION])

    async def ask(self, request: Request) -> Response:
        """Ask, and go to the answer; a form sent twice goes to the first answer."""
        session, form = await self._form(request)
        try:
            asked = Question(question=_text(form, "question"))
        except ValidationError:
            message = f"a question has 1 to {LONGEST_QUESTION} characters, none of them invisible"
            raise RefusedError(Reason.MALFORMED, message) from None
        try:
            nonce = _text(form, "nonce")
            exchange = await self._desk.ask(session.principal, asked.question, nonce)
        except ReplayedError as replay:
            headers = {"location": f"/questions/{replay.first}"}
            raise RefusedError(Reason.REPLAYED, "this form was sent before", headers) from None
        return RedirectResponse(f"/questions/{exchange.id}", 303)

    async def read(self, request: Request) -> Response:
        """An answer with its source."""
        session = self._session(request)
        exchange = await self._desk.read(session.principal, _number(request))
        return self._page("answer", session, exchange=exchange)

    async def judge(self, request: Request) -> Response:
        """Say whether an answer helped."""
        session, form = await self._form(request)
        helpful = _text(form, "helpful") == "yes"
        await self._desk.judge(session.principal, _number(request), helpful)
        return RedirectResponse(f"/questions/{_number(request)}", 303)

    async def explain(self, request: Request) -> Response:
        """Why a question got its answer, by the models of now."""
        session = self._session(request)
        exchange = await self._desk.read(session.principal, _number(request))
        asked: dict[str, object] = {"question": exchange.question}
        explained = await self._desk.explain(session.principal, asked, AnswerExplanation)
        return self._page("explanation", session, exchange=exchange, explained=explained)

    async def model(self, request: Request) -> Response:
        """What the model attends to as a whole."""
        session = self._session(request)
        asked: dict[str, object] = {"model": "answerer"}
        explained = await self._desk.explain(session.principal, asked, Explanation)
        return self._page("model", session, explained=explained)

    async def digits_form(self, request: Request) -> Response:
        """Where to draw a digit."""
        return self._page("digits", self._session(request), ink=EXAMPLE, explained=None)

    async def read_digit(self, request: Request) -> Response:
        """Which digit was drawn, and why."""
        session, form = await self._form(request)
        ink = _ink(form)
        rows = [
            [16 * (SIDE * row + column in ink) for column in range(SIDE)] for row in range(SIDE)
        ]
        explained = await self._desk.explain(session.principal, {"pixels": rows}, DigitExplanation)
        return self._page("digits", session, ink=ink, explained=explained)

    async def erasure_form(self, request: Request) -> Response:
        """Ask whether one really wants to erase everything."""
        return self._page("erasure", self._session(request), erased=None)

    async def erase(self, request: Request) -> Response:
        """Delete all one asked."""
        session, _ = await self._form(request)
        erased = await self._desk.erase(session.principal, session.owner)
        return self._page("erasure", session, erased=erased)

    async def statistics(self, request: Request) -> Response:
        """Figures for analysts."""
        session = self._session(request)
        statistics = await self._desk.statistics(session.principal, days_of(request))
        return self._page("statistics", session, statistics=statistics)

    async def sign_in_form(self, _request: Request) -> Response:
        """Where to show who one is."""
        return page("sign_in", {"session": None})

    async def sign_in(self, request: Request) -> Response:
        """Begin a session."""
        _refuse_other_sites(request)
        async with request.form(max_files=0, max_fields=10) as form:
            credential = _text(form, "credential").strip()
        try:
            principal = await self._authentication.prove(credential, address(request))
        except RefusedError as refusal:
            raise _for_people(refusal) from None
        response = RedirectResponse("/", 303)
        self._sessions.begin(response, principal)
        return response

    async def sign_out(self, request: Request) -> Response:
        """End the session."""
        await self._form(request)
        response = RedirectResponse("/sign-in", 303)
        self._sessions.end(response)
        return response

    async def _list(self, session: Session, text: str) -> Response:
        principal = session.principal
        search = Search(owner=session.owner, text=text, limit=RECENT)
        asks = principal.may(Permission.ASK)
        exchanges = await self._desk.search(principal, search) if asks else []
        return self._page("home", session, exchanges=exchanges, text=text)

    def _session(self, request: Request) -> Session:
        session = self._sessions.of(request)
        if session is None:
            raise RefusedError(Reason.UNAUTHENTICATED, "please sign in")
        return session

    async def _form(self, request: Request) -> tuple[Session, FormData]:
        """The session and the form it posts, once it is certain that our page made the form."""
        session = self._session(request)
        _refuse_other_sites(request)
        async with request.form(max_files=0, max_fields=SIDE * SIDE + 10) as form:
            if not self._sessions.proves(session, _text(form, "nonce"), _text(form, "proof")):
                raise RefusedError(Reason.FORBIDDEN, "this form is not from this session")
            return session, form

    def _page(self, name: str, session: Session, **values: object) -> Response:
        nonce = secrets.token_urlsafe(16)
        shared: Mapping[str, object] = {
            "session": session,
            "may_ask": session.principal.may(Permission.ASK),
            "may_analyse": session.principal.may(Permission.ANALYSE),
            "nonce": nonce,
            "proof": self._sessions.proof(session, nonce),
            "longest": LONGEST_QUESTION,
        }
        return page(name, {**shared, **values})


def _text(form: FormData, name: str) -> str:
    value = form.get(name, "")
    return value if isinstance(value, str) else ""


def _ink(form: FormData) -> frozenset[int]:
    """The places (0 to 63) of the pixels that are chosen."""
    places = frozenset(str(place) for place in range(SIDE * SIDE))
    return frozenset(int(str(each)) for each in form.getlist("ink") if each in places)


def _number(request: Request) -> UUID:
    number: UUID = request.path_params["id"]
    return number


def _refuse_other_sites(request: Request) -> None:
    """A browser says where a form comes from; one from elsewhere was not meant by its sender."""
    origin = request.headers.get("origin")
    if origin is not None and urlsplit(origin).netloc != request.headers.get("host"):
        raise RefusedError(Reason.FORBIDDEN, "this form is from another site")


def _for_people(refusal: RefusedError) -> RefusedError:
    if refusal.reason is Reason.UNAUTHENTICATED:
        return RefusedError(refusal.reason, "this is no valid API key or token")
    return refusal
