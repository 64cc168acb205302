"""Which apiVersion serves a kind in which release, and what to write instead."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache

from kubeguard import schemas
from kubeguard.model.cluster import NEWEST
from kubeguard.sources.schema.advice import closest

Kinds = Mapping[str, Mapping[str, str]]
"""Definition name by apiVersion and kind, as one release has them."""

WORKLOADS = ("Deployment", "DaemonSet", "ReplicaSet", "StatefulSet", "ControllerRevision")
RBAC = ("ClusterRole", "ClusterRoleBinding", "Role", "RoleBinding")
WEBHOOKS = ("MutatingWebhookConfiguration", "ValidatingWebhookConfiguration")
REVIEWS = ("LocalSubjectAccessReview", "SelfSubjectAccessReview", "SubjectAccessReview")

# What was gone before the oldest schema we hold: the "Deprecated API Migration Guide" and the
# change logs of Kubernetes.
EARLIER: Mapping[str, tuple[tuple[int, tuple[str, ...]], ...]] = {
    "extensions/v1beta1": (
        (16, ("Deployment", "DaemonSet", "ReplicaSet", "NetworkPolicy", "PodSecurityPolicy")),
        (22, ("Ingress",)),
    ),
    "apps/v1beta1": ((16, WORKLOADS),),
    "apps/v1beta2": ((16, WORKLOADS),),
    "auditregistration.k8s.io/v1alpha1": ((19, ("AuditSink",)),),
    "settings.k8s.io/v1alpha1": ((20, ("PodPreset",)),),
    "batch/v2alpha1": ((21, ("CronJob",)),),
    "admissionregistration.k8s.io/v1beta1": ((22, WEBHOOKS),),
    "apiextensions.k8s.io/v1beta1": ((22, ("CustomResourceDefinition",)),),
    "apiregistration.k8s.io/v1beta1": ((22, ("APIService",)),),
    "authentication.k8s.io/v1beta1": ((22, ("TokenReview",)),),
    "authorization.k8s.io/v1beta1": ((22, (*REVIEWS, "SelfSubjectRulesReview")),),
    "certificates.k8s.io/v1beta1": ((22, ("CertificateSigningRequest",)),),
    "coordination.k8s.io/v1beta1": ((22, ("Lease",)),),
    "networking.k8s.io/v1beta1": ((22, ("Ingress", "IngressClass")),),
    "rbac.authorization.k8s.io/v1beta1": ((22, RBAC),),
    "rbac.authorization.k8s.io/v1alpha1": ((23, RBAC),),
    "scheduling.k8s.io/v1beta1": ((22, ("PriorityClass",)),),
    "storage.k8s.io/v1beta1": ((22, ("CSIDriver", "CSINode", "StorageClass", "VolumeAttachment")),),
    "batch/v1beta1": ((25, ("CronJob",)),),
    "discovery.k8s.io/v1beta1": ((25, ("EndpointSlice",)),),
    "events.k8s.io/v1beta1": ((25, ("Event",)),),
    "autoscaling/v2beta1": ((25, ("HorizontalPodAutoscaler",)),),
    "policy/v1beta1": ((25, ("PodDisruptionBudget", "PodSecurityPolicy")),),
    "node.k8s.io/v1beta1": ((25, ("RuntimeClass",)),),
}

INSTEAD = {
    "PodSecurityPolicy": "Pod Security admission (namespace labels) or an admission policy",
    "PodPreset": "a mutating admission policy or webhook",
    "AuditSink": "the audit webhook backend of the API server",
}
"""Successors that are no other apiVersion of the same kind."""

DEPRECATED = {
    ("v1", "ComponentStatus"): (19, "ask the components' own health endpoints"),
    ("v1", "Endpoints"): (33, "use EndpointSlice of discovery.k8s.io/v1"),
}
"""Served versions that are not alpha or beta, and deprecated all the same: since, and instead."""

CHANGED = ("extensions/", "apps/v1beta", "policy/v1beta1", "admissionregistration.k8s.io/v1beta1")
"""apiVersions whose successor reads the same text in another way (defaults, empty selectors)."""

ALIKE = 0.85
"""VerticalPodAutoscaler is no slip for HorizontalPodAutoscaler, Deploymet is one for Deployment."""


def removed_in(api_version: str, kind: str) -> int | None:
    """The first minor release without this pair; None when it is still there, or never was."""
    if span := schemas.history().get(api_version, {}).get(kind):
        return span[1] + 1 if span[1] < NEWEST[1] else None
    rows = EARLIER.get(api_version, ())
    return next((minor for minor, kinds in rows if kind in kinds), None)


def added_in(api_version: str, kind: str) -> int | None:
    """The first minor release with this pair, as far as the schemas go back."""
    span = schemas.history().get(api_version, {}).get(kind)
    return span[0] if span else None


def built_in(group: str) -> bool:
    """Whether Kubernetes itself defines the group; `gateway.networking.k8s.io` it does not."""
    return group in _groups()


@cache
def _groups() -> frozenset[str]:
    return frozenset(map(group_of, (*schemas.history(), *EARLIER)))


def homes(kinds: Kinds, kind: str, group: str = "") -> list[str]:
    """The apiVersions that serve a kind: those of the group first, stable before beta and alpha."""
    found = [api_version for api_version, served in kinds.items() if kind in served]
    return sorted(found, key=lambda home: (group_of(home) != group, *_age(home), home))


def stable(kinds: Kinds, api_version: str, kind: str) -> str | None:
    """The stable version beside an alpha or beta one in the same group."""
    group = group_of(api_version)
    if not is_preview(api_version):
        return None
    beside = (home for home in homes(kinds, kind, group) if group_of(home) == group)
    return next((home for home in beside if not is_preview(home)), None)


def is_preview(api_version: str) -> bool:
    return "alpha" in api_version or "beta" in api_version


def group_of(api_version: str) -> str:
    return api_version.rpartition("/")[0]


def misspelt_group(kinds: Kinds, group: str, kind: str) -> bool:
    """Whether a group that Kubernetes lacks is meant for one that has the kind.

    No custom resource can live in a group without a dot; `authorization.openshift.io` with its own
    Role is a stranger, `rbac.authorization.k8s` is not.
    """
    right = [group_of(home) for home in homes(kinds, kind)]
    return any("." not in group or _like(group, name) for name in right)


def misspelt_kind(kinds: Kinds, api_version: str, kind: str) -> str | None:
    """The kind meant, looked for in this apiVersion, then everywhere."""
    everywhere: Iterator[str] = (name for served in kinds.values() for name in served)
    return closest(kind, kinds.get(api_version, ()), ALIKE) or closest(kind, everywhere, ALIKE)


def _like(one: str, other: str) -> bool:
    from difflib import SequenceMatcher

    return SequenceMatcher(None, one[:80].lower(), other).ratio() >= 0.9


def _age(api_version: str) -> tuple[int, ...]:
    """Sorts v2 before v1 before v1beta2 before v1alpha1."""
    version = api_version.rpartition("/")[2]
    stage = ("alpha" in version) * 2 + ("beta" in version)
    numbers = [int(number) for number in re.findall(r"\d+", version)]
    return stage, *(-number for number in numbers)
