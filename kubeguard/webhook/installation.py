"""The webhook in a cluster: brought there, looked at, taken away."""

from __future__ import annotations

import base64
import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from kubeguard.cluster.objects import Object, Objects, name
from kubeguard.cluster.rollout import is_rolled_out, trouble
from kubeguard.errors import KubeguardError
from kubeguard.webhook.guard import owner_of
from kubeguard.webhook.manifests.objects import objects
from kubeguard.webhook.manifests.registration import WANTED
from kubeguard.webhook.manifests.settings import Certificates, Settings
from kubeguard.webhook.names import Names

Tell = Callable[[str], None]

_OURS = ("app.kubernetes.io/part-of", "kubeguard")


_KNOWN_BAD = "KG3004"
_PRIVILEGED: Object = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "kubeguard-try", "namespace": "default"},
    "spec": {
        "containers": [
            {"name": "try", "image": "try", "securityContext": {"privileged": True}},
        ]
    },
}
"""What every profile has something to say about."""
_UNREACHED = "failed calling webhook"
_JUDGED = "a privileged pod (dry run in default) was found out"
_NOT_JUDGED = "nothing was said of a privileged pod (dry run in default)"


class Line(NamedTuple):
    """One line of a status: whether that is as it should be, and what it is."""

    well: bool
    text: str


class Installation:
    """What belongs to one installation, and the cluster it is (to be) in."""

    def __init__(self, settings: Settings, cluster: Objects, tell: Tell) -> None:
        """`tell` hears one line for each step."""
        self._settings = settings
        self._cluster = cluster
        self._tell = tell
        parts = objects(settings)
        self._registration = parts.pop()
        self._parts = parts

    def install(self, seconds: float) -> None:
        """Apply everything; what can refuse requests comes when there is somebody to answer.

        Waits `seconds` for each step. Raises KubeguardError, and then nothing locks anybody out.
        """
        home = self._cluster.get(self._parts[0])
        if home and not _is_ours(home):
            hint = "choose another with --namespace"
            raise KubeguardError(f"{name(home)} is there already, for something else", hint)
        for part in self._parts:
            if self._cluster.serves(part):
                self._cluster.apply(part)
                self._tell(f"applied {name(part)}")
            elif part["kind"] == "ServiceMonitor":
                self._tell(f"left out {name(part)}: there is no Prometheus operator")
            else:
                raise KubeguardError(f"the cluster does not serve {part['apiVersion']}")
        for deployment in self._deployments():
            self._tell(f"waiting for {name(deployment)}")
            if not self._cluster.wait(deployment, is_rolled_out, seconds):
                why = f"is not ready after {seconds:.0f} s: {trouble(deployment, self._cluster)}"
                hint = "nothing new is enforced; the same command goes on from here"
                raise KubeguardError(f"{name(deployment)} {why}", hint)
        self._register(seconds)

    def uninstall(self, seconds: float) -> None:
        """Delete everything, first of all what asks for the webhook. Raises KubeguardError."""
        for part in (self._registration, *reversed(self._parts)):
            if part["kind"] == "Namespace" and not _is_ours(self._cluster.get(part)):
                continue
            if self._cluster.serves(part) and self._cluster.delete(part):
                self._tell(f"deleted {name(part)}")
        home = self._parts[0]
        if not self._cluster.wait(home, lambda found: not _is_ours(found), seconds):
            raise KubeguardError(f"{name(home)} is still being deleted after {seconds:.0f} s")

    def status(self) -> Iterator[Line]:
        """What there is of it, and whether it does its work. Raises KubeguardError."""
        found = self._cluster.get(self._registration)
        yield Line(
            found is not None, "registered" if found else "not registered: nothing is judged"
        )
        if found:
            yield from _failure_policy(found)
        for part in self._deployments():
            ready = is_rolled_out(self._cluster.get(part))
            said = "ready" if ready else trouble(part, self._cluster)
            yield Line(ready, f"{name(part)}: {said}")
        if found:
            refusal, warnings = self._cluster.try_out(_PRIVILEGED)
            judged = _KNOWN_BAD in " ".join([refusal, *warnings])
            yield Line(judged, _JUDGED if judged else f"{_NOT_JUDGED}: {refusal or 'admitted'}")

    def _register(self, seconds: float) -> None:
        """Tell the API server, with whom to trust, as a thing that goes with its namespace."""
        registration: dict[str, Any] = {**self._registration}
        home = self._cluster.get(self._parts[0])
        if home:
            owned = {"ownerReferences": [owner_of(home)]}
            registration["metadata"] = registration["metadata"] | owned
        if self._settings.certificates is Certificates.MANAGED:
            [hook] = registration["webhooks"]
            client = hook["clientConfig"] | {"caBundle": self._authority(seconds)}
            registration["webhooks"] = [hook | {"clientConfig": client}]
        is_new = self._cluster.get(registration) is None
        self._cluster.apply(registration)
        self._tell(f"applied {name(registration)}")
        if why := self._unreached(seconds):
            if is_new:
                self._cluster.delete(registration)
                self._tell(f"deleted {name(registration)}")
            hint = "may the control plane reach pods at port 8443?"
            raise KubeguardError(f"the API server does not reach the webhook: {why}", hint)
        self._tell("requests are judged from now on")

    def _unreached(self, seconds: float) -> str:
        """What the API server says that cannot call the webhook within this time; '' if it can."""
        deadline = time.monotonic() + seconds
        while True:
            refusal, _ = self._cluster.try_out(_PRIVILEGED)
            if _UNREACHED not in refusal or time.monotonic() > deadline:
                return refusal if _UNREACHED in refusal else ""
            time.sleep(1)

    def _authority(self, seconds: float) -> str:
        """Whom to trust, as the webhook has put it into its Secret: PEM in base64."""
        names = Names(self._settings.namespace)
        metadata = {"namespace": names.namespace, "name": names.secret}
        secret = {"apiVersion": "v1", "kind": "Secret", "metadata": metadata}
        if not self._cluster.wait(secret, lambda found: bool(_authority(found)), seconds):
            raise KubeguardError(f"{name(secret)} has no authority after {seconds:.0f} s")
        return _authority(self._cluster.get(secret))

    def _deployments(self) -> Iterator[Object]:
        return (part for part in self._parts if part["kind"] == "Deployment")


def _failure_policy(registration: Object) -> Iterator[Line]:
    wanted = registration["metadata"].get("annotations", {}).get(WANTED)
    for hook in registration["webhooks"]:
        policy = hook["failurePolicy"]
        opened = wanted not in (None, policy)
        said = f"failurePolicy {policy}"
        yield Line(not opened, f"{said}, opened by the guard: it was {wanted}" if opened else said)


def _is_ours(namespace: Object | None) -> bool:
    label, value = _OURS
    return namespace is not None and namespace["metadata"].get("labels", {}).get(label) == value


def _authority(secret: Object | None) -> str:
    text = (secret or {}).get("data", {}).get("ca.crt", "")
    return text if base64.b64decode(text) else ""
