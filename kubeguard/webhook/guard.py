"""The dead-man's switch: when no webhook answers, the API server stops waiting for one.

It asks as an API server would, by the registration itself: the Service's address, the name that is
expected there, the authorities that are trusted. What stays unanswered for a while turns
`failurePolicy` to Ignore; what answers again turns it back. Each turn leaves an Event.
"""

from __future__ import annotations

import base64
import http.client
import socket
import ssl
import time
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from kubeguard.cluster.objects import Objects, RefusedError
from kubeguard.errors import KubeguardError
from kubeguard.webhook.journal import Journal
from kubeguard.webhook.manifests.registration import WANTED
from kubeguard.webhook.manifests.settings import FailurePolicy
from kubeguard.webhook.names import Names
from kubeguard.webhook.rotation import CONFLICT

PERIOD = 5.0
"""Seconds between two looks."""
_PATIENCE = 3.0
"""Seconds to wait for an answer."""

Object = dict[str, Any]


class Target(NamedTuple):
    """Where an API server would go: an address, and the name of the certificate there."""

    host: str
    port: int
    name: str
    authorities: bytes


class Guard:
    """Watches one registration. `look` now and then; what fails is tried again then."""

    def __init__(
        self,
        names: Names,
        objects: Objects,
        journal: Journal,
        after: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """`after` seconds without an answer it opens, and `PERIOD` * 2 with one it closes."""
        self._names = names
        self._objects = objects
        self._journal = journal
        self._after = after
        self._clock = clock
        self._changed = clock()
        self._answered = True

    def look(self) -> bool:
        """Whether requests are judged; turns the switch when it is time to.

        Raises KubeguardError when the API server cannot be asked.
        """
        registration = self._objects.get(_registration(self._names))
        if registration is None:
            return False
        home = self._objects.get(_namespace(self._names))
        why = (
            "the namespace is being deleted" if _is_ending(home) else self._unanswered(registration)
        )
        answered, now = not why, self._clock()
        if answered is not self._answered:
            self._answered, self._changed = answered, now
            self._journal.event("answered" if answered else "unanswered", why=why)
        due = 0.0 if _is_ending(home) else 2 * PERIOD if answered else self._after
        if now - self._changed >= due:
            self._turn(registration, why)
        elif home and not _is_ending(home):
            self._belong(registration, home)
        return answered

    def watch(self) -> None:
        """Look until the process is told to end, and once more then, in case the namespace ends."""
        self._journal.event("watching", namespace=self._names.namespace, after=self._after)
        try:
            while True:
                self._try_to_look()
                time.sleep(PERIOD)
        finally:
            self._try_to_look()

    def _try_to_look(self) -> None:
        try:
            self.look()
        except KubeguardError as error:
            self._journal.event("fault", why=error.message)

    @property
    def unanswered(self) -> float:
        """For how many seconds there was no answer, 0 when there is one."""
        return 0.0 if self._answered else self._clock() - self._changed

    def _unanswered(self, registration: Object) -> str:
        """Why an API server gets no answer, '' if it does."""
        for hook in registration.get("webhooks") or ():
            try:
                target = self._target(hook["clientConfig"])
                if why := ask(target):
                    return why
            except _NoTargetError as none:
                return str(none)
        return ""

    def _target(self, client: Object) -> Target:
        authorities = base64.b64decode(client.get("caBundle") or "")
        if not authorities:
            raise _NoTargetError("the registration has no caBundle yet")
        if "url" in client:
            url = urlsplit(client["url"])
            host = url.hostname or ""
            return Target(host, url.port or 443, host, authorities)
        which = client["service"]
        metadata = {"namespace": which["namespace"], "name": which["name"]}
        service = self._objects.get({"apiVersion": "v1", "kind": "Service", "metadata": metadata})
        if service is None:
            raise _NoTargetError(f"there is no Service {which['namespace']}/{which['name']}")
        name = f"{which['name']}.{which['namespace']}.svc"
        return Target(service["spec"]["clusterIP"], which.get("port", 443), name, authorities)

    def _turn(self, registration: Object, why: str) -> None:
        """Set every webhook's failurePolicy to what it has to be now."""
        hooks = registration.get("webhooks") or []
        annotations = registration["metadata"].get("annotations") or {}
        usual = annotations.get(WANTED) or next((h["failurePolicy"] for h in hooks), "Fail")
        wanted = FailurePolicy.IGNORE.value if why else usual
        changes = [
            {"op": "replace", "path": f"/webhooks/{n}/failurePolicy", "value": wanted}
            for n, hook in enumerate(hooks)
            if hook["failurePolicy"] != wanted
        ]
        if not changes:
            return
        remembered = annotations | {WANTED: usual}
        changes.append({"op": "add", "path": "/metadata/annotations", "value": remembered})
        if self._patched(registration, changes):
            self._journal.event("opened" if why else "closed", why=why)
            self._tell(registration, wanted, why)

    def _belong(self, registration: Object, home: Object) -> None:
        """Let the registration go with its namespace, in whatever order things are deleted."""
        owners = [owner_of(home)]
        if registration["metadata"].get("ownerReferences") != owners:
            change = {"op": "add", "path": "/metadata/ownerReferences", "value": owners}
            self._patched(registration, [change])

    def _patched(self, registration: Object, changes: list[Object]) -> bool:
        """False when somebody was faster; the next look sees what is left to do."""
        version = registration["metadata"]["resourceVersion"]
        test = {"op": "test", "path": "/metadata/resourceVersion", "value": version}
        try:
            self._objects.patch(registration, [test, *changes])
        except RefusedError as error:
            if error.status in (CONFLICT, 422):  # RFC 6902: a test that fails is unprocessable
                return False
            raise
        return True

    def _tell(self, registration: Object, wanted: str, why: str) -> None:
        said = f"failurePolicy is {wanted} again: the webhook answers"
        if why:
            said = f"failurePolicy is {wanted}: requests are admitted unjudged, since {why}"
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        event = {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"generateName": "kubeguard-guard-", "namespace": "default"},
            "involvedObject": {
                "apiVersion": registration["apiVersion"],
                "kind": registration["kind"],
                "name": registration["metadata"]["name"],
                "uid": registration["metadata"]["uid"],
            },
            "type": "Warning" if why else "Normal",
            "reason": "WebhookUnanswered" if why else "WebhookAnswers",
            "message": said[:1024],
            "source": {"component": "kubeguard-guard"},
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
        }
        try:
            self._objects.create(event)
        except KubeguardError as error:  # the turn is what counts
            self._journal.event("fault", why=error.message)


def serve_metrics(guard: Guard, host: str, port: int) -> None:
    """Serve what Prometheus asks for; a probe of the process may ask, too."""
    from prometheus_client import CollectorRegistry, Gauge, start_http_server

    registry = CollectorRegistry()
    name, about = "kubeguard_guard_unanswered_seconds", "For how long no webhook has answered."
    Gauge(name, about, registry=registry).set_function(lambda: guard.unanswered)
    start_http_server(port, host, registry)


class _NoTargetError(Exception):
    """A registration that leads nowhere."""


def ask(target: Target) -> str:
    """Why there is no answer from a webhook that is ready, '' if there is one."""
    try:
        context = ssl.create_default_context(cadata=target.authorities.decode(errors="replace"))
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT  # an API server is not so strict either
        with (
            socket.create_connection((target.host, target.port), _PATIENCE) as plain,
            context.wrap_socket(plain, server_hostname=target.name) as encrypted,
        ):
            connection = http.client.HTTPConnection(target.name, timeout=_PATIENCE)
            connection.sock = encrypted
            connection.request("GET", "/readyz", headers={"Connection": "close"})
            status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        return f"{target.name} does not answer: {error}"
    return "" if status == http.client.OK else f"{target.name} answers with status {status}"


def owner_of(namespace: Object) -> Object:
    """A reference that lets the garbage collector take the registration with the namespace."""
    metadata = namespace["metadata"]
    return {
        "apiVersion": "v1",
        "kind": "Namespace",
        "name": metadata["name"],
        "uid": metadata["uid"],
    }


def _registration(names: Names) -> Object:
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": {"name": names.configuration},
    }


def _namespace(names: Names) -> Object:
    return {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": names.namespace}}


def _is_ending(namespace: Object | None) -> bool:
    return namespace is None or "deletionTimestamp" in namespace["metadata"]
