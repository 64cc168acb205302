"""The answer module's interface over HTTP."""

import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from prometheus_client import generate_latest
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from reference_app.answer import monitoring
from reference_app.answer.answering import Answer
from reference_app.answer.digits import parse_pixels
from reference_app.answer.explain import explain_digit, explain_model, explain_question
from reference_app.answer.loading import Loaded, load_all
from reference_app.answer.monitoring import Monitor
from reference_app.models.registry import Registry
from reference_app.models.signing import read_public_key

LONGEST_QUESTION = 1000  # characters
LARGEST_BODY = 16_384  # bytes: 1000 characters, escaped, and 64 numbers with all their digits

log = logging.getLogger(__name__)

Json = dict[str, Any]


class AnswerApi:
    """What each path does, once the models are loaded."""

    def __init__(self, registry: Registry) -> None:
        self._registry = registry
        self._loaded: Loaded | None = None
        self._monitor: Monitor | None = None

    @asynccontextmanager
    async def lifespan(self, _: Starlette) -> AsyncIterator[None]:
        """Load and warm up the models before the first request is taken."""
        self._loaded = await run_in_threadpool(load_all, self._registry)
        self._monitor = Monitor(self._loaded.reference)
        for label in self._loaded.labels:
            monitoring.LOADED.labels(label).set(1)
        log.info("models loaded", extra={"models": list(self._loaded.labels)})
        yield

    @property
    def loaded(self) -> Loaded:
        """The models; 503 before they are loaded."""
        if self._loaded is None:
            raise HTTPException(503, "the models are not loaded yet")
        return self._loaded

    @property
    def monitor(self) -> Monitor:
        """The metrics; 503 before the models are loaded."""
        if self._monitor is None:
            raise HTTPException(503, "the models are not loaded yet")
        return self._monitor

    def answer(self, body: Json) -> Json:
        """`{"question"}` to the answer with its source."""
        question = question_of(body)
        ranked = self.loaded.answerer.search(question)
        answer = self.loaded.answerer.judged(ranked)
        self.monitor.answered(answer, ranked.question)
        return {**as_json(answer), "model": self.loaded.answerer.label}

    def classify(self, body: Json) -> Json:
        """`{"pixels"}` to the digit with the probabilities of all ten."""
        reader = self.loaded.digits
        reading = reader.read(parse_pixels(body.get("pixels")))
        monitoring.DIGITS.labels(str(reading.digit)).inc()
        probabilities = reading.probabilities.tolist()
        return {"digit": reading.digit, "probabilities": probabilities, "model": reader.label}

    def explain(self, body: Json) -> Json:
        """`{"question"}`, `{"pixels"}` or `{"model": "answerer"}` to reasons and figures."""
        if "question" in body:
            return explain_question(question_of(body), self.loaded.answerer)
        if "pixels" in body:
            return explain_digit(parse_pixels(body["pixels"]), self.loaded.digits)
        if body.get("model") == "answerer":
            return explain_model(self.loaded.judge)
        raise ValueError("give a question, pixels, or the model 'answerer'")

    def feedback(self, body: Json) -> Json:
        """`{"helpful": true}` or false is counted, so that accuracy can be watched."""
        helpful = body.get("helpful")
        if not isinstance(helpful, bool):
            raise ValueError("helpful must be true or false")
        monitoring.FEEDBACK.labels(str(helpful).lower()).inc()
        return {"counted": True}

    def posted(self, path: str, work: Callable[[Json], Json]) -> Route:
        """A path that takes JSON and gives JSON; the work leaves the event loop free."""

        async def handle(request: Request) -> Response:
            body = await read_json(request)
            with monitoring.SECONDS.labels(path).time():
                try:
                    return JSONResponse(await run_in_threadpool(work, body))
                except ValueError as error:
                    raise HTTPException(422, str(error)) from None

        return Route(path, handle, methods=["POST"])

    async def live(self, _: Request) -> Response:
        """The process answers."""
        return PlainTextResponse("alive")

    async def ready(self, _: Request) -> Response:
        """The models are loaded and warm."""
        return JSONResponse({"models": self.loaded.labels})

    async def metrics(self, _: Request) -> Response:
        """Prometheus's text format."""
        content = await run_in_threadpool(generate_latest)
        return Response(content, media_type="text/plain; version=0.0.4")

    async def refused(self, _: Request, error: Exception) -> Response:
        """A refusal as JSON, counted."""
        assert isinstance(error, HTTPException)
        monitoring.REFUSED.labels(str(error.status_code)).inc()
        return JSONResponse({"error": error.detail}, error.status_code, error.headers)


def create_app(registry: Path, trusted_key: Path) -> Starlette:
    """The application; its models load when it starts, and it does not start with unproven ones."""
    api = AnswerApi(Registry(registry, read_public_key(trusted_key)))
    routes = [
        api.posted("/v1/answer", api.answer),
        api.posted("/v1/classify", api.classify),
        api.posted("/v1/explain", api.explain),
        api.posted("/v1/feedback", api.feedback),
        Route("/livez", api.live),
        Route("/readyz", api.ready),
        Route("/metrics", api.metrics),
    ]
    handlers = {HTTPException: api.refused}
    return Starlette(routes=routes, lifespan=api.lifespan, exception_handlers=handlers)


def question_of(body: Json) -> str:
    """The question in a body; ValueError unless it is text of 1 to 1000 characters."""
    question = body.get("question")
    if not isinstance(question, str) or not question.strip():
        raise ValueError("question must be text")
    if not question.isprintable() and any("\ud800" <= sign <= "\udfff" for sign in question):
        raise ValueError("question must be Unicode text")
    if len(question) > LONGEST_QUESTION:
        raise ValueError(f"a question has at most {LONGEST_QUESTION} characters")
    return question


def as_json(answer: Answer) -> Json:
    """An answer as the interface tells it."""
    source = None
    if answer.source:
        passage = answer.source
        source = {"title": passage.title, "passage": passage.text, "file": passage.file}
    return {
        "answer": answer.text,
        "confidence": answer.confidence,
        "known": answer.known,
        "source": source,
    }


async def read_json(request: Request) -> Json:
    """The JSON object a request carries; 413 when too large, 400 when no such object."""
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > LARGEST_BODY:
            raise HTTPException(413, f"at most {LARGEST_BODY} bytes are read")
    try:
        body = json.loads(content)
    except (ValueError, RecursionError):
        raise HTTPException(400, "the body is no JSON") from None
    if not isinstance(body, dict):
        raise HTTPException(400, "the body must be a JSON object")
    return body
