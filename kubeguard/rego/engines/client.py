"""How a server is reached: within a time, over TLS that is verified, and never at another place."""

from __future__ import annotations

import io
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urljoin, urlsplit

import requests
from opa_client.opa import OpaClient
from requests.adapters import HTTPAdapter
from urllib3 import HTTPResponse
from urllib3.exceptions import HTTPError, ReadTimeoutError
from urllib3.util.retry import Retry

from kubeguard.policy.sources import EngineChoice
from kubeguard.rego.engine import Budget, EngineError
from kubeguard.rego.engines import lines
from kubeguard.rego.engines.process import DiedError

_CONNECT_SECONDS = 3.0
_GRACE = 1.0
_ATTEMPTS = Retry(total=None, connect=2, read=0, redirect=0, status=0, other=0, backoff_factor=0.2)
"""A connection that fails is tried again; a question that was sent is not asked twice."""
_CHUNK = 65536
_WHOSE = re.compile(r"^(<.*>|HTTPS?Connection\w*\(.*?\)): ")
"""With which urllib3 begins its sentences."""


class Client(OpaClient):  # type: ignore[misc]
    """opa-python-client, which by itself would follow redirects, take a proxy's or netrc's word,
    repeat requests that failed and read answers of any size."""

    def __init__(self, choice: EngineChoice, token: str, budget: Budget) -> None:
        """Raises EngineError for what is no address."""
        scheme, host, port = _address(choice.url)
        self.shown = f"the server at {choice.url[:200]}"
        self._ca = choice.ca or True
        self._seconds = budget.seconds + _GRACE
        self._most = lines.longest(budget)
        super().__init__(
            host=host,
            port=port,
            ssl=scheme == "https",
            token=token,
            timeout=(_CONNECT_SECONDS, self._seconds),
        )
        self.root_url = f"{choice.url.rstrip('/')}/v1"

    def _init_session(self) -> requests.Session:
        session = requests.Session()
        session.headers.update(self.headers or {})
        session.verify = self._ca
        session.trust_env = False
        session.max_redirects = 1
        session.hooks["response"].append(self._read)
        for scheme in ("http://", "https://"):
            session.mount(scheme, HTTPAdapter(max_retries=_ATTEMPTS))
        return session

    def _read(self, response: requests.Response, **_: Any) -> None:
        """Read an answer to its end, within time and size. Raises DiedError, EngineError."""
        if response.is_redirect and not self._is_own(response):
            raise EngineError(f"{self.shown} sends us to another one")
        try:
            body = self._body(response.raw)
        except ReadTimeoutError:
            raise DiedError(f"no answer within {self._seconds:g} s", late=True) from None
        except HTTPError as error:
            raise DiedError(f"its answer broke off: {error}") from None
        response.raw.release_conn()
        response.raw = io.BytesIO(body)

    def _is_own(self, response: requests.Response) -> bool:
        """OPA itself sends from `policies/` to `policies`; nothing else is followed."""
        target = urljoin(response.url, response.headers["Location"])
        return response.request.method == "GET" and target.startswith(f"{self.root_url}/")

    def _body(self, raw: HTTPResponse) -> bytes:
        deadline = time.monotonic() + self._seconds
        body = bytearray()
        while chunk := raw.read1(_CHUNK, decode_content=True):
            body += chunk
            if time.monotonic() > deadline:
                raw.close()
                raise DiedError(f"no answer within {self._seconds:g} s", late=True)
            if len(body) > self._most:
                raw.close()
                raise DiedError(f"its answer is longer than {self._most:,} bytes")
        return bytes(body)

    @contextmanager
    def explained(self) -> Iterator[None]:
        """Whatever keeps the server from answering is an EngineError; a late or broken answer to
        one question a DiedError."""
        try:
            yield
        except requests.exceptions.SSLError as error:
            raise EngineError(f"{self.shown} is not trusted: {_reason(error)}") from None
        except requests.exceptions.ReadTimeout:
            raise DiedError(f"no answer within {self._seconds:g} s", late=True) from None
        except requests.exceptions.TooManyRedirects:
            raise EngineError(f"{self.shown} sends us to another one") from None
        except requests.HTTPError as error:
            raise EngineError(f"{self.shown} refuses to answer: {_status(error)}") from None
        except requests.exceptions.JSONDecodeError:
            raise EngineError(f"{self.shown} is no OPA: its answer is no JSON") from None
        except (requests.RequestException, OSError) as error:
            raise EngineError(f"{self.shown} cannot be reached: {_reason(error)}") from None
        except (ValueError, RecursionError) as error:
            raise DiedError(f"its answer cannot be read: {error}") from None


def _address(url: str) -> tuple[str, str, int]:
    """Scheme, host and port. Raises EngineError."""
    try:
        address = urlsplit(url)
        host, port = address.hostname, address.port
    except ValueError:
        raise EngineError(f"{url[:200]!r} is no address of a server") from None
    if address.username is not None:
        raise EngineError("a password is not part of the server's address; use a token")
    if address.scheme not in ("http", "https") or not host or address.query or address.fragment:
        raise EngineError(f"{url[:200]!r} is no address of a server")
    return address.scheme, host, port or (443 if address.scheme == "https" else 80)


def _status(error: requests.HTTPError) -> str:
    """`401 Unauthorized`."""
    response = error.response
    return f"{response.status_code} {response.reason}" if response is not None else str(error)


def _reason(error: BaseException) -> str:
    """The innermost reason, without the objects around it."""
    inner = error
    while True:
        deeper = getattr(inner, "reason", None) or next(
            (each for each in inner.args if isinstance(each, BaseException)), None
        )
        if not isinstance(deeper, BaseException):
            break
        inner = deeper
    text = getattr(inner, "verify_message", "") or str(inner)
    return _WHOSE.sub("", text)[:200]
