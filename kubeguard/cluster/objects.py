"""Objects of any kind in a cluster: read, applied, deleted, waited for."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any
from urllib.parse import quote

from kubeguard.cluster.execution import Execution, HandshakeError, execute
from kubeguard.errors import KubeguardError

Object = Mapping[str, Any]

_NOT_FOUND = 404
_TIMEOUT = 30.0
"""Seconds for one request."""
_STEP = 0.25
"""Seconds between looks while something is waited for."""
_SENTENCE = 1000
"""Characters of an API server's answer that are shown."""


class RefusedError(KubeguardError):
    """An API server's no, in its own words, and which object it was about."""

    def __init__(self, about: str, status: int, message: str) -> None:
        self.reason = message[:_SENTENCE]
        super().__init__(f"{about}: {self.reason}")
        self.status = status


class UnknownKindError(KubeguardError):
    """A kind that this cluster does not serve, such as one of a CRD that is not installed."""


class Objects:
    """The objects of a cluster, by what their manifests say.

    Paths come from discovery, one request for each API group; the client's own DynamicClient
    keeps what it discovers in a file whose name others can foresee.
    """

    def __init__(self, client: Any, manager: str = "kubeguard") -> None:
        """`client` is a kubernetes.client.ApiClient; `manager` owns the fields that are applied."""
        self._client = client
        self._manager = manager
        self._groups: dict[str, dict[str, Any]] = {}

    def get(self, which: Object) -> dict[str, Any] | None:
        """The object of this kind and name, None when there is none.

        Raises KubeguardError, as all of these: refused, of no known kind, no API server there.
        """
        return self._asked("GET", which)

    def listed(self, like: Object, labels: Mapping[str, str]) -> list[dict[str, Any]]:
        """The objects of this kind, in its namespace, that have these labels."""
        selector = ",".join(f"{key}={value}" for key, value in labels.items())
        path = self._path(like)
        status, answer, _ = self._request("GET", path, [("labelSelector", selector)])
        if status >= 400:
            raise RefusedError(path, status, str(answer.get("message", answer)))
        return list(answer.get("items", ()))

    def apply(self, wanted: Object, dry_run: bool = False) -> dict[str, Any]:
        """Server-side apply (KEP-555), as the owner of all its fields; what it is afterwards."""
        query = [("fieldManager", self._manager), ("force", "true"), ("fieldValidation", "Strict")]
        query += [("dryRun", "All")] if dry_run else []
        kind = "application/apply-patch+yaml"
        return self._asked("PATCH", wanted, query, json.dumps(wanted), kind) or {}

    def patch(self, which: Object, operations: list[dict[str, Any]]) -> dict[str, Any]:
        """JSON Patch (RFC 6902); what the object is afterwards."""
        kind = "application/json-patch+json"
        return self._asked("PATCH", which, [], operations, kind) or {}

    def create(self, wanted: Object) -> dict[str, Any]:
        """A new object; its name may be left to the cluster (generateName)."""
        return self._asked("POST", wanted, [], dict(wanted)) or {}

    def delete(self, which: Object) -> bool:
        """Whether there was one; what belongs to it goes, too."""
        return self._asked("DELETE", which, [("propagationPolicy", "Background")]) is not None

    def try_out(self, wanted: Object) -> tuple[str, list[str]]:
        """Whether it could be created: why not ('' if it could), and what was warned of."""
        query = [("dryRun", "All")]
        status, answer, warnings = self._request("POST", self._path(wanted), query, dict(wanted))
        return (str(answer.get("message", status)) if status >= 400 else ""), warnings

    def execute(
        self, pod: Object, container: str, command: Sequence[str], seconds: float, most: int
    ) -> Execution:
        """Run a command in a container, for so long, and read so many bytes of what it says."""
        path = f"{self._path(pod)}/{quote(pod['metadata']['name'])}"
        try:
            return execute(self._client, path, container, command, seconds, most)
        except HandshakeError as error:
            raise RefusedError(name(pod), error.status, error.message) from None

    def serves(self, which: Object) -> bool:
        """Whether the cluster knows this kind."""
        try:
            self._path(which)
        except UnknownKindError:
            return False
        return True

    def placed(self, which: Object, namespace: str) -> Object:
        """The object in this namespace, unless it says another or has none by its kind."""
        if not self.serves(which) or not self._resource(which)["namespaced"]:
            return which
        return within(which, namespace)

    def wait(
        self, which: Object, holds: Callable[[dict[str, Any] | None], bool], seconds: float
    ) -> bool:
        """Whether it came to hold for the object (None: there is none) within this time."""
        deadline = time.monotonic() + seconds
        while not holds(self.get(which)):
            if time.monotonic() > deadline:
                return False
            time.sleep(_STEP)
        return True

    def _asked(
        self,
        method: str,
        which: Object,
        query: list[tuple[str, str]] | None = None,
        body: object = None,
        kind: str = "application/json",
    ) -> dict[str, Any] | None:
        path = self._path(which)
        if method != "POST":
            path += "/" + quote(which["metadata"]["name"])
        status, answer, _ = self._request(method, path, query or [], body, kind)
        if status == _NOT_FOUND and method in ("GET", "DELETE"):
            return None
        if status >= 400:
            raise RefusedError(name(which), status, str(answer.get("message", answer)))
        return answer

    def _path(self, which: Object) -> str:
        """Of the collection that the object is in."""
        resource, group = self._resource(which), _group(which)
        if resource["namespaced"]:
            group += f"/namespaces/{quote(which['metadata'].get('namespace', 'default'))}"
        return f"{group}/{resource['name']}"

    def _resource(self, which: Object) -> dict[str, Any]:
        """What discovery says of a kind. Raises UnknownKindError."""
        version, kind = which["apiVersion"], which["kind"]
        if version not in self._groups:
            status, answer, _ = self._request("GET", _group(which))
            found = answer.get("resources", ()) if status < 400 else ()
            self._groups[version] = {r["kind"]: r for r in found if "/" not in r["name"]}
        resource = self._groups[version].get(kind)
        if resource is None:
            del self._groups[version]  # it may come to be served
            raise UnknownKindError(f"{name(which)}: the cluster does not serve {kind} of {version}")
        return dict(resource)

    def _request(
        self,
        method: str,
        path: str,
        query: list[tuple[str, str]] | None = None,
        body: object = None,
        kind: str = "application/json",
    ) -> tuple[int, dict[str, Any], list[str]]:
        from kubernetes.client import ApiException
        from urllib3.exceptions import HTTPError

        request = self._client.param_serialize(
            method,
            path,
            query_params=query,
            header_params={"Content-Type": kind, "Accept": "application/json"},
            body=body,
            auth_settings=["BearerToken"],
        )
        try:
            response = self._client.call_api(*request, _request_timeout=_TIMEOUT)
            text = response.read()
        except (HTTPError, ApiException, OSError) as error:
            raise KubeguardError(f"the API server does not answer: {error}"[:_SENTENCE]) from error
        warnings = response.headers.getlist("Warning")
        try:
            return response.status, json.loads(text), [w.partition('"')[2][:-1] for w in warnings]
        except ValueError:
            return response.status, {"message": text.decode(errors="replace")}, []


def _group(which: Object) -> str:
    version = which["apiVersion"]
    return f"/apis/{version}" if "/" in version else f"/api/{version}"


def within(which: Object, namespace: str) -> Object:
    """The object in this namespace, unless it says another."""
    return {**which, "metadata": {"namespace": namespace, **which["metadata"]}}


def name(which: Object) -> str:
    """As kubectl names it: `deployment.apps/web in shop`."""
    metadata = which["metadata"]
    group = which["apiVersion"].rpartition("/")[0].partition(".k8s.io")[0]
    kind = which["kind"].lower() + (f".{group}" if group else "")
    where = f" in {metadata['namespace']}" if metadata.get("namespace") else ""
    return f"{kind}/{metadata.get('name') or metadata.get('generateName', '')}{where}"
