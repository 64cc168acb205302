"""Who we are to a registry: what `docker login` has written down, or gave a helper to keep."""

from __future__ import annotations

import base64
import json
import os
import re
import subprocess
from pathlib import Path
from typing import Any, NamedTuple

from kubeguard.errors import SourceError

_HUB_KEY = "https://index.docker.io/v1/"
_HELPER = re.compile(r"[A-Za-z0-9][\w.-]*")
_SECONDS = 30
_IDENTITY = "<token>"
"""The user name with which helpers say that the password is a refresh token."""


class Login(NamedTuple):
    """A user and password, or a token that is exchanged for one that lasts minutes."""

    user: str
    password: str
    refresh_token: str = ""

    @property
    def basic(self) -> str:
        """The header of HTTP's basic authentication (RFC 7617)."""
        pair = f"{self.user}:{self.password}".encode()
        return f"Basic {base64.b64encode(pair).decode()}"


def login(host: str) -> Login | None:
    """The login for a registry, None when there is none. Raises SourceError.

    A helper for the host wins, then what stands in the file, then the helper for all others.
    """
    config = _config()
    key = _HUB_KEY if host == "docker.io" else host
    helpers = config.get("credHelpers")
    helper = helpers.get(host) if isinstance(helpers, dict) else None
    if isinstance(helper, str):
        return _from_helper(helper, key)
    written = _written(config, key, host)
    if written is None and isinstance(config.get("credsStore"), str):
        return _from_helper(config["credsStore"], key)
    return written


def _config() -> dict[str, Any]:
    folder = os.environ.get("DOCKER_CONFIG") or Path.home() / ".docker"
    try:
        found = json.loads(Path(folder, "config.json").read_bytes())
    except OSError:
        return {}
    except ValueError as error:
        raise SourceError(f"{folder}/config.json: not JSON") from error
    return found if isinstance(found, dict) else {}


def _written(config: dict[str, Any], key: str, host: str) -> Login | None:
    logins = config.get("auths")
    if not isinstance(logins, dict):
        return None
    entry = next((logins[k] for k in (key, host, f"https://{host}") if k in logins), None)
    if not isinstance(entry, dict):
        return None
    if isinstance(entry.get("identitytoken"), str) and entry["identitytoken"]:
        return Login("", "", entry["identitytoken"])
    try:
        pair = base64.b64decode(str(entry.get("auth") or ""), validate=True).decode()
    except ValueError as error:
        raise SourceError(f"{host}: the login in Docker's config.json is damaged") from error
    user, colon, password = pair.rstrip("\0").partition(":")
    return Login(user, password) if colon else None


def _from_helper(name: str, key: str) -> Login | None:
    """What `docker-credential-NAME get` answers; it says so when it has none."""
    if not _HELPER.fullmatch(name):
        raise SourceError(f"{name[:40]!r} is no name of a credential helper")
    program = f"docker-credential-{name}"
    try:
        done = subprocess.run(  # noqa: S603 - Docker's own protocol; the name is checked
            [program, "get"], input=key.encode(), capture_output=True, timeout=_SECONDS, check=False
        )
    except FileNotFoundError as error:
        raise SourceError(f"{program} is not installed") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SourceError(f"{program} did not answer") from error
    if done.returncode:
        if b"not found" in done.stdout:
            return None
        raise SourceError(f"{program} failed")
    try:
        answer = json.loads(done.stdout)
        user, secret = str(answer["Username"]), str(answer["Secret"])
    except (ValueError, KeyError, TypeError) as error:
        raise SourceError(f"{program} gave no login") from error
    return Login("", "", secret) if user == _IDENTITY else Login(user, secret)
