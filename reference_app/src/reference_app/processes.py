"""The processes: one for each module in the cluster, one for all of them on a laptop."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field

import click
import httpx
from pydantic import HttpUrl
from starlette.applications import Starlette
from starlette.types import ASGIApp

from reference_app.answer.api import create_app
from reference_app.database.api import database_app
from reference_app.database.engine import migrate, open_engine
from reference_app.service.logs import configure_logs
from reference_app.service.probes import Part
from reference_app.service.serving import Listener, serve
from reference_app.service.settings import (
    AnswerSettings,
    DatabaseSettings,
    ServerSettings,
    UserSettings,
)
from reference_app.service.shield import Limits, Module, surrounded
from reference_app.service.state import State
from reference_app.service.tls import Identity, calling_context, serving_context, watch
from reference_app.service.tracing import configure_traces
from reference_app.user.api_keys import FixedRecords, new_key
from reference_app.user.app import Outside, user_app
from reference_app.user.principals import Role

ATTEMPT_SECONDS = 4.0  # for one attempt to call another module
ISSUER_SECONDS = 3.0  # for the issuer of tokens to tell its keys


@dataclass(slots=True)
class Process:
    """A module with what it needs to be served."""

    name: str
    settings: ServerSettings
    state: State = field(default_factory=State)
    calling: ssl.SSLContext | None = None  # for calls of other modules

    def run(self, app: ASGIApp) -> None:
        """Serve an application until the process is told to end."""
        configure_logs(self.name)
        configure_traces(self.name)
        asyncio.run(self._serve(app))

    async def _serve(self, app: ASGIApp) -> None:
        identity = Identity.of(self.settings)
        if identity is None:
            return await serve(self._listeners(app), self.state, self.settings.drain_seconds)
        main = serving_context(identity, mutual=bool(self.settings.tls_peers))
        management = serving_context(identity, mutual=False)
        contexts = [main, management] + ([self.calling] if self.calling else [])
        watcher = asyncio.create_task(watch(identity, *contexts))
        listeners = self._listeners(app, main, management)
        await serve(listeners, self.state, self.settings.drain_seconds)
        watcher.cancel()
        return None

    def _listeners(
        self,
        app: ASGIApp,
        main: ssl.SSLContext | None = None,
        management: ssl.SSLContext | None = None,
    ) -> list[Listener]:
        settings = self.settings
        if settings.management_port is None:
            return [Listener(app, settings.host, settings.port, main, settings.tls_peers)]
        rest, probes = Part(app, probes=False), Part(app, probes=True)
        return [
            Listener(rest, settings.host, settings.port, main, settings.tls_peers),
            Listener(probes, settings.host, settings.management_port, management, lifespan=False),
        ]


def serve_user(settings: UserSettings) -> None:
    """Serve the user module, which calls the others by mutual TLS."""
    identity = Identity.of(settings)
    if not (identity and settings.answer_url and settings.database_service_url):
        raise click.UsageError(
            "the user module needs a certificate and the URLs of the other two modules: "
            "REFERENCE_APP_TLS_CERTIFICATE, _TLS_KEY, _ANSWER_URL and _DATABASE_SERVICE_URL"
        )
    if settings.api_keys_file is None and settings.oidc_issuer is None:
        raise click.UsageError("nobody could sign in: give API keys or an OIDC issuer")
    context = calling_context(identity)
    process = Process("user", settings, calling=context)
    outside = Outside(
        _remote(settings.answer_url, context),
        _remote(settings.database_service_url, context),
        _issuer_client(),
    )
    process.run(user_app(settings, process.state, outside))


def serve_answer(settings: AnswerSettings) -> None:
    """Serve the answer module."""
    process = Process("answer", settings)
    process.run(_surrounded_answer(settings, process.state, _answer(settings)))


def serve_database(settings: DatabaseSettings) -> None:
    """Serve the database module."""
    process = Process("database", settings)
    process.run(database_app(settings, process.state))


def serve_all() -> None:
    """Serve all modules in this process, and sign the person at this machine in by a fresh key."""
    settings = UserSettings()
    process = Process("all", settings)
    answer, database = _answer(AnswerSettings()), database_app(DatabaseSettings(), process.state)
    migrate(open_engine(DatabaseSettings().database))
    outside = Outside(
        _local(_surrounded_answer(AnswerSettings(), process.state, answer)),
        _local(database),
        _issuer_client(),
    )
    key, record = new_key("laptop", frozenset(Role))
    keys = FixedRecords({record.id: record}) if settings.api_keys_file is None else None
    app = user_app(settings, process.state, outside, keys)
    if keys is not None:
        _greet(settings, key)
    process.run(_together(app, [answer, database]))


def _together(app: Starlette, others: list[Starlette]) -> Starlette:
    """The application, which starts the others before itself and ends them after itself."""
    own = app.router.lifespan_context

    @asynccontextmanager
    async def lifespan(started: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for other in others:
                await stack.enter_async_context(other.router.lifespan_context(other))
            await stack.enter_async_context(own(started))
            yield

    app.router.lifespan_context = lifespan
    return app


def _greet(settings: UserSettings, key: str) -> None:
    scheme = "http" if settings.tls_certificate is None else "https"
    click.echo(f"Open {scheme}://{settings.host}:{settings.port}/ and sign in with {key}", err=True)
    click.echo(
        f"This key lasts until the service ends; data stay in {settings.data_folder}/", err=True
    )


def _answer(settings: AnswerSettings) -> Starlette:
    try:
        return create_app(settings.models, settings.trusted_key)
    except (OSError, ValueError) as error:
        message = f"the models are not there yet, run `reference_app build-models` ({error})"
        raise click.ClickException(message) from None


def _surrounded_answer(settings: AnswerSettings, state: State, app: Starlette) -> ASGIApp:
    limits = Limits(seconds=settings.request_seconds)
    return surrounded(app, Module("answer", state, limits))


def _remote(url: HttpUrl, context: ssl.SSLContext) -> httpx.AsyncClient:
    return httpx.AsyncClient(base_url=str(url), verify=context, timeout=ATTEMPT_SECONDS)


def _local(app: ASGIApp) -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    return httpx.AsyncClient(base_url="http://module", transport=transport)


def _issuer_client() -> httpx.AsyncClient:
    return httpx.AsyncClient(timeout=ISSUER_SECONDS, follow_redirects=False)
