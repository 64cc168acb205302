"""The authority in a Secret, and an API server that trusts it: one replica acts, by a Lease."""

from __future__ import annotations

import base64
import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from kubeguard.cluster.authority import (
    Pair,
    State,
    advanced,
    begun,
    from_secret,
    to_secret,
    utc_now,
)
from kubeguard.webhook.names import Names

LEASE_SECONDS = 180
"""For how long a replica that says nothing any more keeps others from rotating."""
NOT_FOUND, CONFLICT = 404, 409


class Rotation:
    """One replica's part in it. `tick` now and then; whatever fails is tried again then."""

    def __init__(
        self,
        names: Names,
        api: Any,
        identity: str = "",
        clock: Callable[[], datetime] = utc_now,
    ) -> None:
        """`api` is a kubernetes.client.ApiClient; `identity` tells replicas apart."""
        from kubernetes import client

        self.names = names
        self.identity = identity or socket.gethostname()
        self.clock = clock
        self._core = client.CoreV1Api(api)
        self._leases = client.CoordinationV1Api(api)
        self._admission = client.AdmissionregistrationV1Api(api)
        self._failed: type[Exception] = client.ApiException

    def tick(self) -> Pair | None:
        """What to serve, None while there is nothing; takes the next step if it is this replica's.

        Raises kubernetes.client.ApiException, and OSError where there is no API server.
        """
        secret = self._found(self._core.read_namespaced_secret, self.names.secret)
        state = _state(secret) if secret else None
        if not self._leads():
            return state.leaf if state else None
        if state and self._told(state):  # what is served has to be trusted before anything else
            return state.leaf
        now, hosts = self.clock(), self.names.hosts
        following = advanced(state, hosts, now) if state else begun(hosts, now)
        if following is not state:
            if not self._kept(secret, following):
                return state.leaf if state else None
            self._told(following)
        return following.leaf

    def _kept(self, secret: Any, state: State) -> bool:
        """Whether the Secret holds the state now; not when another one was faster."""
        data = {key: base64.b64encode(value).decode() for key, value in to_secret(state).items()}
        metadata: dict[str, Any] = {"name": self.names.secret}
        if secret:
            metadata["resourceVersion"] = secret.metadata.resource_version
        body = {"metadata": metadata, "type": "kubernetes.io/tls", "data": data}
        try:
            if secret:
                self._core.replace_namespaced_secret(self.names.secret, self.names.namespace, body)
            else:
                self._core.create_namespaced_secret(self.names.namespace, body)
        except self._failed as error:
            if getattr(error, "status", 0) == CONFLICT:
                return False
            raise
        return True

    def _told(self, state: State) -> bool:
        """Tell the API server whom to trust; whether it did not know."""
        read = self._admission.read_validating_webhook_configuration
        try:
            configuration = read(self.names.configuration)
        except self._failed as error:
            if getattr(error, "status", 0) == NOT_FOUND:
                return False  # there is none to tell: not installed yet, or uninstalled already
            raise
        wanted = base64.b64encode(state.bundle).decode()
        hooks = configuration.webhooks or []
        patches = [
            {"op": "add", "path": f"/webhooks/{n}/clientConfig/caBundle", "value": wanted}
            for n, hook in enumerate(hooks)
            if hook.client_config.ca_bundle != wanted
        ]
        if patches:
            version = configuration.metadata.resource_version
            test = {"op": "test", "path": "/metadata/resourceVersion", "value": version}
            self._admission.patch_validating_webhook_configuration(
                self.names.configuration, [test, *patches]
            )
        return bool(patches)

    def _leads(self) -> bool:
        """Take or renew the Lease (coordination.k8s.io/v1); False while another one holds it."""
        now = self.clock()
        lease = self._found(self._leases.read_namespaced_lease, self.names.lease)
        spec: dict[str, Any] = {
            "holderIdentity": self.identity,
            "leaseDurationSeconds": LEASE_SECONDS,
            # A MicroTime has to have microseconds, and the client leaves out those that are 0.
            "renewTime": now.replace(microsecond=now.microsecond or 1),
        }
        metadata: dict[str, Any] = {"name": self.names.lease}
        try:
            if lease is None:
                body = {"metadata": metadata, "spec": spec}
                self._leases.create_namespaced_lease(self.names.namespace, body)
                return True
            held, renewed = lease.spec.holder_identity, lease.spec.renew_time
            fresh = renewed and now - renewed < timedelta(seconds=LEASE_SECONDS)
            if held and held != self.identity and fresh:
                return False
            metadata["resourceVersion"] = lease.metadata.resource_version
            body = {"metadata": metadata, "spec": spec}
            self._leases.replace_namespaced_lease(self.names.lease, self.names.namespace, body)
        except self._failed as error:
            if getattr(error, "status", 0) == CONFLICT:
                return False
            raise
        return True

    def _found(self, read: Callable[[str, str], Any], name: str) -> Any:
        try:
            return read(name, self.names.namespace)
        except self._failed as error:
            if getattr(error, "status", 0) == NOT_FOUND:
                return None
            raise


def _state(secret: Any) -> State | None:
    data = secret.data or {}
    return from_secret({key: base64.b64decode(value) for key, value in data.items()})
