"""An image in a registry, by the OCI distribution protocol, as if it lay in a layout.

Names are `index.json` for what the reference leads to, and those of blobs. urllib3 and not a client
of registries: none of those keeps credentials from plain HTTP, or has a time limit.
"""

from __future__ import annotations

import io
import os
import re
import ssl
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import NamedTuple
from urllib.parse import urlencode, urljoin, urlsplit

import orjson
import urllib3
from urllib3.exceptions import HTTPError, SSLError

from kubeguard.errors import SourceError
from kubeguard.model.image import ImageReference
from kubeguard.sources.images.budget import ImageBudget, TooLargeError
from kubeguard.sources.images.credentials import Login, login
from kubeguard.sources.images.oci import INDEX
from kubeguard.sources.images.store import Document, blob_name, parsed
from kubeguard.sources.images.streams import CHUNK, Hashed, Readable

_MANIFESTS = ", ".join(
    (
        "application/vnd.oci.image.index.v1+json",
        "application/vnd.docker.distribution.manifest.list.v2+json",
        "application/vnd.oci.image.manifest.v1+json",
        "application/vnd.docker.distribution.manifest.v2+json",
    )
)
_HUB = "registry-1.docker.io"
_REDIRECTS = 5
_TIMEOUT = urllib3.Timeout(connect=15.0, read=60.0)
_CERTIFICATES = "/etc/docker/certs.d"
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')
_REFERENCE = re.compile(
    r"(?:[a-zA-Z0-9.-]+(?::\d{1,5})?/|\[[0-9a-fA-F:]+\](?::\d{1,5})?/)?"
    r"[a-z0-9]+(?:[._/-]+[a-z0-9]+)*(?::\w[\w.-]{0,127})?(?:@sha256:[0-9a-f]{64})?"
)


class Registry:
    """A store of one image. Raises SourceError for whatever the registry does."""

    def __init__(self, text: str, budget: ImageBudget, plain: bool = False) -> None:
        """`plain`: somebody has asked for HTTP without TLS."""
        if not _REFERENCE.fullmatch(text):
            raise SourceError(f"{text[:100]!r} is no reference of an image")
        self.text = text
        self.reference = ImageReference.parse(text)
        self.budget = budget
        self.connection = _Connection(self.reference.registry, self.reference.repository, plain)
        self.documents: dict[str, bytes] = {}
        self.manifests: set[str] = set()

    def has(self, name: str) -> bool:
        return name.startswith((INDEX, "blobs/"))

    def order(self, _: str) -> int:
        return 0

    @contextmanager
    def open(self, name: str) -> Iterator[Readable]:
        if name == INDEX:
            yield io.BytesIO(self._index())
        elif name in self.documents:
            yield io.BytesIO(self.documents[name])
        elif name in self.manifests:
            digest = name.removeprefix("blobs/").replace("/", ":")
            yield io.BytesIO(self._manifest(digest)[0])
        else:
            digest = name.removeprefix("blobs/").replace("/", ":")
            with self.connection.get(f"blobs/{digest}", "*/*") as response:
                yield response

    def tagged(self, tag: str) -> Document | None:
        """The manifest under another tag of the repository; None when there is none."""
        try:
            data, digest = self._manifest(tag)
        except _MissingError:
            return None
        return parsed(data, "the manifest", digest)

    def _index(self) -> bytes:
        """A layout's index with one entry: what the reference leads to."""
        wanted = self.reference.digest or self.reference.tag or "latest"
        data, digest = self._manifest(wanted)
        if self.reference.digest and digest != self.reference.digest:
            raise SourceError("the manifest does not have its digest")
        self.documents[blob_name(digest)] = data
        notes = {"org.opencontainers.image.ref.name": self.text}
        return orjson.dumps({"manifests": [{"digest": digest, "annotations": notes}]})

    def _manifest(self, wanted: str) -> tuple[bytes, str]:
        """A manifest or index and its digest; what an index names are manifests as well."""
        with self.connection.get(f"manifests/{wanted}", _MANIFESTS) as response:
            stream = Hashed(response)
            data = b""
            while more := stream.read(CHUNK):
                data += more
                if len(data) > self.budget.document:
                    raise TooLargeError(f"a manifest of more than {self.budget.document:,} bytes")
        for nested in parsed(data, "the manifest", stream.digest).entries("manifests"):
            self.manifests.add(blob_name(nested.get("digest")))
        return data, stream.digest


class _Challenge(NamedTuple):
    """What a registry wants to see: the scheme, and for Bearer where to get it."""

    scheme: str
    fields: Mapping[str, str]


class _Connection:
    """Requests about one repository, with the right to pull that the registry asked for."""

    def __init__(self, host: str, repository: str, plain: bool = False) -> None:
        self.host = host
        self.repository = repository
        self.address = _HUB if host == "docker.io" else host
        self.scheme = "http" if plain else "https"
        self.plain = plain
        self.authorization = ""
        self.pool = urllib3.PoolManager(timeout=_TIMEOUT, retries=False, ssl_context=_tls(host))

    @contextmanager
    def get(self, path: str, accept: str) -> Iterator[Readable]:
        response = self._answer(path, accept)
        try:
            if response.status != 200:
                kind = _MissingError if response.status == 404 else SourceError
                raise kind(f"{self.host}: {_refusal(response.status, self.repository)}")
            yield _Body(response, self.host)
        finally:
            response.release_conn()
            response.close()

    def _answer(self, path: str, accept: str) -> urllib3.BaseHTTPResponse:
        response = self._first(path, accept)
        if response.status == 401 and not self.authorization:
            challenge = _challenge(response.headers.get("WWW-Authenticate", ""))
            response.close()
            self.authorization = self._authorize(challenge)
            response = self._request(self._url(path), accept)
        return response

    def _first(self, path: str, accept: str) -> urllib3.BaseHTTPResponse:
        """Plain HTTP only where nobody can listen: on the machine itself, when it has no TLS."""
        try:
            return self._request(self._url(path), accept)
        except _WithoutTlsError:
            if not _is_loopback(self.host) or self.scheme == "http":
                raise
            self.scheme = "http"
            return self._request(self._url(path), accept)

    def _url(self, path: str) -> str:
        return f"{self.scheme}://{self.address}/v2/{self.repository}/{path}"

    def _request(self, url: str, accept: str) -> urllib3.BaseHTTPResponse:
        """A GET that follows redirects to where blobs are kept, without the credentials."""
        headers = {"Accept": accept, "Accept-Encoding": "identity"}
        if self.authorization:
            headers["Authorization"] = self.authorization
        for _ in range(_REDIRECTS):
            response = self._send("GET", url, headers)
            where = response.get_redirect_location()
            if not where:
                return response
            response.close()
            target = urljoin(url, where)
            if urlsplit(target).netloc != urlsplit(url).netloc:
                headers.pop("Authorization", None)
            url = target
        raise SourceError(f"{self.host}: more than {_REDIRECTS} redirects")

    def _send(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes | None = None
    ) -> urllib3.BaseHTTPResponse:
        parts = urlsplit(url)
        asked_for = self.plain and parts.netloc == self.address
        if parts.scheme != "https" and not asked_for and not _is_loopback(parts.netloc):
            raise SourceError(f"{self.host}: leads to {parts.netloc[:100]} by plain HTTP")
        try:
            return self.pool.request(
                method, url, headers=headers, body=body, redirect=False, preload_content=False
            )
        except SSLError as error:
            if "CERTIFICATE_VERIFY_FAILED" in str(error):
                raise SourceError(f"{self.host}: its certificate is not trusted") from error
            raise _WithoutTlsError(f"{self.host}: does not speak TLS") from error
        except HTTPError as error:
            raise SourceError(f"{self.host}: {_reason(error)}") from error

    def _authorize(self, challenge: _Challenge) -> str:
        known = login(self.host)
        if challenge.scheme == "basic":
            if known is None or not known.password:
                raise SourceError(f"{self.host}: asks for a password, and there is none for it")
            return known.basic
        if challenge.scheme == "bearer" and challenge.fields.get("realm"):
            return f"Bearer {self._token(challenge.fields, known)}"
        raise SourceError(f"{self.host}: asks for an unknown kind of login")

    def _token(self, fields: Mapping[str, str], known: Login | None) -> str:
        asked = {
            "service": fields.get("service", ""),
            "scope": fields.get("scope") or f"repository:{self.repository}:pull",
        }
        headers = {"Accept": "application/json"}
        method, url, body = "GET", fields["realm"], None
        if known and known.refresh_token:
            asked |= {"grant_type": "refresh_token", "refresh_token": known.refresh_token}
            asked["client_id"] = "kubeguard"
            method, body = "POST", urlencode(asked).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        else:
            url += ("&" if "?" in url else "?") + urlencode(asked)
            headers |= {"Authorization": known.basic} if known else {}
        response = self._send(method, url, headers, body)
        try:
            if response.status != 200:
                raise SourceError(f"{self.host}: the login was refused ({response.status})")
            answer = parsed(response.read(CHUNK), "the token", "").value
        except HTTPError as error:
            raise SourceError(f"{self.host}: {_reason(error)}") from error
        finally:
            response.close()
        token = answer.get("token") or answer.get("access_token") if isinstance(answer, dict) else 0
        if not isinstance(token, str):
            raise SourceError(f"{self.host}: the login gave no token")
        return token


class _MissingError(SourceError):
    """What the registry does not have."""


class _WithoutTlsError(SourceError):
    """A server that answers something else when it is asked for TLS."""


class _Body:
    """The body of an answer; a connection that breaks is a SourceError."""

    def __init__(self, response: urllib3.BaseHTTPResponse, host: str) -> None:
        self.response = response
        self.host = host

    def read(self, size: int) -> bytes:
        try:
            return self.response.read(size)
        except HTTPError as error:
            raise SourceError(f"{self.host}: {_reason(error)}") from error


def _tls(host: str) -> ssl.SSLContext:
    """The machine's authorities (or SSL_CERT_FILE), and what Docker is told to trust for a host."""
    context = ssl.create_default_context()
    own = os.path.join(_CERTIFICATES, host, "ca.crt")
    if os.path.isfile(own):
        context.load_verify_locations(own)
    return context


def _is_loopback(netloc: str) -> bool:
    host = urlsplit(f"//{netloc}").hostname or ""
    return host in ("localhost", "::1") or bool(re.fullmatch(r"127(?:\.\d{1,3}){3}", host))


def _challenge(header: str) -> _Challenge:
    scheme, _, rest = header.partition(" ")
    return _Challenge(scheme.lower(), dict(_CHALLENGE.findall(rest)))


def _refusal(status: int, repository: str) -> str:
    match status:
        case 404:
            return f"there is no such image, or no right to see {repository[:100]!r}"
        case 401 | 403:
            return f"no right to pull {repository[:100]!r}"
        case 429:
            return "too many requests: the registry wants to be asked later"
    return f"answered {status}"


_OBJECT = re.compile(r"^(?:<.*>|\w+\(.*?\)): ")


def _reason(error: Exception) -> str:
    """The last words of urllib3, which begins with its own objects."""
    text = str(error.args[-1] if error.args else error)
    return _OBJECT.sub("", text)[:200]
