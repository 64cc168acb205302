"""Puts the user module together."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import httpx
from starlette.applications import Starlette

from reference_app.service.files import WatchedFile
from reference_app.service.probes import probes
from reference_app.service.settings import UserSettings
from reference_app.service.shield import Limits, Module, shielded
from reference_app.service.state import State
from reference_app.user.api import Api
from reference_app.user.api_keys import ApiKeyFile, ApiKeys, FixedRecords, parse_records
from reference_app.user.asking import Desk
from reference_app.user.authentication import Authentication
from reference_app.user.cache import Cache, NoCache, open_cache
from reference_app.user.modules import AnswerModule, DatabaseModule, Peer
from reference_app.user.pages import Pages, render_refusal
from reference_app.user.rates import Rate
from reference_app.user.sessions import Sessions
from reference_app.user.tokens import Issuer, PublishedKeys, Tokens

NAME = "user"
PATIENCE = 0.8  # of the time for a request; a call that is not answered by then is given up


@dataclass(frozen=True, slots=True)
class Outside:
    """Whom the user module talks to; the clients are closed when it ends."""

    answer: httpx.AsyncClient
    database: httpx.AsyncClient
    issuer: httpx.AsyncClient


def user_app(
    settings: UserSettings, state: State, outside: Outside, key_file: ApiKeyFile | None = None
) -> Starlette:
    """The user module; the API keys are those of the settings unless a file is given."""
    keys = settings.keys()
    api_keys = ApiKeys(key_file or _key_file(settings))
    authentication = Authentication(api_keys, _tokens(settings, outside.issuer))
    cache = _cache(settings)
    patience = PATIENCE * settings.request_seconds
    desk = Desk(
        AnswerModule(Peer("answer", outside.answer, patience)),
        DatabaseModule(Peer("database", outside.database, patience)),
        cache,
        Rate(settings.questions_per_minute),
    )
    sessions = Sessions(keys, api_keys, secure=settings.tls_certificate is not None)

    @asynccontextmanager
    async def lifespan(_app: Starlette) -> AsyncIterator[None]:
        async with AsyncExitStack() as stack:
            for client in (outside.answer, outside.database, outside.issuer):
                await stack.enter_async_context(client)
            stack.push_async_callback(cache.close)
            yield

    routes = [
        *Api(desk, authentication).routes(),
        *Pages(desk, authentication, sessions).routes(),
        *probes(state),
    ]
    limits = Limits(seconds=settings.request_seconds)
    module = Module(NAME, state, limits, trusts_trace=False)
    return shielded(module, routes, lifespan, render_refusal)


def _key_file(settings: UserSettings) -> ApiKeyFile:
    if settings.api_keys_file is None:
        return FixedRecords({})
    return WatchedFile(settings.api_keys_file, parse_records)


def _tokens(settings: UserSettings, client: httpx.AsyncClient) -> Tokens | None:
    if not (settings.oidc_issuer and settings.oidc_audience and settings.oidc_jwks_url):
        return None
    # An issuer is compared by its characters, and pydantic ends a bare host with a slash.
    url = str(settings.oidc_issuer).rstrip("/")
    issuer = Issuer(url, settings.oidc_audience, settings.oidc_roles_claim)
    return Tokens(issuer, PublishedKeys(client, str(settings.oidc_jwks_url)))


def _cache(settings: UserSettings) -> Cache:
    if settings.cache_url is None:
        return NoCache()
    signer = settings.cache_authority or settings.tls_authority
    url = settings.cache_url.get_secret_value()
    return open_cache(url, str(signer) if signer else None, settings.keys(), settings.cache_seconds)
