"""What the parts of an installation are called."""

from __future__ import annotations

from typing import NamedTuple


class Names(NamedTuple):
    """What things are called in the cluster."""

    namespace: str = "kubeguard"
    secret: str = "kubeguard-webhook-tls"  # noqa: S105 - a name
    service: str = "kubeguard-webhook"
    configuration: str = "kubeguard"
    lease: str = "kubeguard-webhook"

    @property
    def hosts(self) -> tuple[str, ...]:
        """The DNS names under which an API server asks for the service."""
        host = f"{self.service}.{self.namespace}.svc"
        return host, f"{host}.cluster.local"
