"""Audit Dockerfiles, images and Kubernetes manifests with one set of rules.

from kubeguard import Severity, audit

report = audit("k8s/", "Dockerfile")
for finding in report.at_least(Severity.HIGH):
    print(finding.location, finding.check.id, finding.message)
"""

from importlib import import_module
from typing import TYPE_CHECKING

from kubeguard.version import VERSION

if TYPE_CHECKING:
    from kubeguard.api import audit, load_policy
    from kubeguard.errors import KubeguardError, UsageError
    from kubeguard.formats import render
    from kubeguard.model.finding import (
        Account,
        Check,
        Excerpt,
        Fault,
        Finding,
        Outcome,
        Report,
        Suppression,
    )
    from kubeguard.model.fix import Fix, Grade
    from kubeguard.model.location import Location, Span
    from kubeguard.model.severity import Profile, Severity
    from kubeguard.policy.policy import Policy
    from kubeguard.registry import load_checks

__version__ = VERSION

_HOMES = {
    "Account": "kubeguard.model.finding",
    "Check": "kubeguard.model.finding",
    "Excerpt": "kubeguard.model.finding",
    "Fault": "kubeguard.model.finding",
    "Finding": "kubeguard.model.finding",
    "Fix": "kubeguard.model.fix",
    "Grade": "kubeguard.model.fix",
    "KubeguardError": "kubeguard.errors",
    "Location": "kubeguard.model.location",
    "Outcome": "kubeguard.model.finding",
    "Policy": "kubeguard.policy.policy",
    "Profile": "kubeguard.model.severity",
    "Report": "kubeguard.model.finding",
    "Severity": "kubeguard.model.severity",
    "Span": "kubeguard.model.location",
    "Suppression": "kubeguard.model.finding",
    "UsageError": "kubeguard.errors",
    "audit": "kubeguard.api",
    "load_checks": "kubeguard.registry",
    "load_policy": "kubeguard.api",
    "render": "kubeguard.formats",
}

__all__ = [
    "Account",
    "Check",
    "Excerpt",
    "Fault",
    "Finding",
    "Fix",
    "Grade",
    "KubeguardError",
    "Location",
    "Outcome",
    "Policy",
    "Profile",
    "Report",
    "Severity",
    "Span",
    "Suppression",
    "UsageError",
    "__version__",
    "audit",
    "load_checks",
    "load_policy",
    "render",
]


def __getattr__(name: str) -> object:
    """Import on first use: `kubeguard --version` needs none of it."""
    if name not in _HOMES:
        raise AttributeError(f"module 'kubeguard' has no attribute {name!r}")
    return getattr(import_module(_HOMES[name]), name)
