"""What can be chosen about an installation, checked before anything is written."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import StrEnum

from kubeguard.errors import UsageError

PLACEHOLDER = "registry.invalid/kubeguard@sha256:" + 64 * "0"
"""No image can have this name (RFC 2606); kubeguard has none that everybody can pull."""

CONFIGURATION = """\
profile: baseline
webhook:
  modes:
    - namespaces: [kube-system]   # networks and storage need what others may not have
      mode: warn
"""

_DNS_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_IMAGE = re.compile(r"[a-zA-Z0-9][\w./:@-]{0,500}")
_CONFIGURATION_BYTES = 900_000
"""A ConfigMap holds 1 MiB."""


class Certificates(StrEnum):
    """Who makes the certificate: the webhook, cert-manager.io, or whoever fills the Secret."""

    MANAGED = "managed"
    CERT_MANAGER = "cert-manager"
    FILES = "files"


class FailurePolicy(StrEnum):
    """What an API server does with a request when it gets no answer."""

    FAIL = "Fail"
    IGNORE = "Ignore"


@dataclass(frozen=True, slots=True)
class Settings:
    """An installation. `ca_bundle` is PEM in base64, of use with Certificates.FILES only."""

    image: str = PLACEHOLDER
    namespace: str = "kubeguard"
    replicas: int = 3
    configuration: str = CONFIGURATION
    failure_policy: FailurePolicy = FailurePolicy.FAIL
    timeout_seconds: int = 5
    guard_seconds: int = 60
    certificates: Certificates = Certificates.MANAGED
    ca_bundle: str = ""
    service_monitor: bool = False

    def checked(self) -> Settings:
        """The same. Raises UsageError for what a cluster would refuse, or nobody can have meant."""
        if not _DNS_LABEL.fullmatch(self.namespace):
            raise UsageError(f"{self.namespace[:80]!r} is no name of a namespace", "like kubeguard")
        if self.namespace in ("default", "kube-system", "kube-public", "kube-node-lease"):
            why = (
                f"{self.namespace} would not be judged: the webhook never judges its own namespace"
            )
            raise UsageError(why, "give it a namespace of its own")
        if not _IMAGE.fullmatch(self.image):
            raise UsageError(f"{self.image[:80]!r} is no image", "like registry/kubeguard@sha256:…")
        if len(self.configuration.encode()) > _CONFIGURATION_BYTES:
            raise UsageError("this kubeguard.yaml is too large for a ConfigMap")
        return self
