"""Settings from the environment (REFERENCE_APP_PORT=...) or from mounted files named like them."""

import os
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, HttpUrl, SecretStr, UrlConstraints, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from reference_app.service.sealing import Keys, new_key_line, watch_keyring

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
SECRETS = Path("/run/secrets/reference_app")

Https = Annotated[HttpUrl, UrlConstraints(allowed_schemes=["https"])]
Port = Annotated[int, Field(ge=1, le=65535)]


class ServerSettings(BaseSettings):
    """What every module is told: where it listens, and by which certificate it is known."""

    model_config = SettingsConfigDict(
        env_prefix="REFERENCE_APP_",
        secrets_dir=SECRETS if SECRETS.is_dir() else None,
        frozen=True,
        extra="ignore",  # the other modules' settings stand in the same environment
        hide_input_in_errors=True,
    )

    host: str = "127.0.0.1"
    port: Port = 8080
    management_port: Port | None = None  # for probes and metrics, without a client certificate
    tls_certificate: Path | None = None
    tls_key: Path | None = None
    tls_authority: Path | None = None  # who signs the modules' certificates
    tls_peers: frozenset[str] = frozenset()  # names of the modules that may call this one
    request_seconds: float = Field(default=10.0, gt=0, le=300)
    drain_seconds: float = Field(default=5.0, ge=0, le=300)
    keys_file: Path | None = None
    data_folder: Path = Path("data")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if (self.tls_certificate is None) != (self.tls_key is None):
            raise ValueError("a certificate needs its key, and a key its certificate")
        if self.host not in LOOPBACK and self.tls_certificate is None:
            raise ValueError("without a certificate the service listens on this machine alone")
        if self.tls_peers and self.tls_authority is None:
            raise ValueError("peers are known by an authority: set tls_authority")
        return self

    def keys(self) -> Keys:
        """The keyring that is mounted, or the laptop's own, made at the first start."""
        return watch_keyring(self.keys_file or self._own_keys())

    def _own_keys(self) -> Path:
        self.data_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        path = self.data_folder / "keys"
        if not path.exists():
            with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
                file.write(new_key_line("laptop"))
        return path


class DatabaseSettings(ServerSettings):
    """What the database module is told."""

    database_url: SecretStr | None = None  # SQLite in the data folder by default
    retention_days: int = Field(default=90, ge=1, le=3650)

    @property
    def database(self) -> str:
        """The URL of the database."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        self.data_folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return f"sqlite:///{self.data_folder / 'reference_app.db'}"


class AnswerSettings(ServerSettings):
    """What the answer module is told."""

    models: Path = Path("models")
    trusted_key: Path = Path("keys/trusted.pem")


class UserSettings(ServerSettings):
    """What the user module is told."""

    answer_url: Https | None = None  # in the same process by default
    database_service_url: Https | None = None
    api_keys_file: Path | None = None
    oidc_issuer: Https | None = None
    oidc_audience: str | None = None
    oidc_jwks_url: Https | None = None
    oidc_roles_claim: str = "roles"
    cache_url: SecretStr | None = None  # rediss://user:password@host; no cache by default
    cache_authority: Path | None = None  # who signed the cache's certificate, if not tls_authority
    cache_seconds: int = Field(default=300, ge=1, le=86_400)
    questions_per_minute: int = Field(default=30, ge=1, le=100_000)

    @model_validator(mode="after")
    def _known_issuer(self) -> Self:
        given = {self.oidc_issuer is None, self.oidc_audience is None, self.oidc_jwks_url is None}
        if len(given) > 1:
            raise ValueError("OIDC needs its issuer, its audience and the URL of its keys")
        return self

    @model_validator(mode="after")
    def _private_cache(self) -> Self:
        address = self.cache_url.get_secret_value() if self.cache_url else "rediss://"
        if not address.startswith("rediss://"):
            raise ValueError("the cache is reached by TLS alone: rediss://")
        return self
