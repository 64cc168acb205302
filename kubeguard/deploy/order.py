"""In which order objects are applied, so that nothing waits for what comes later."""

from __future__ import annotations

from collections.abc import Iterable

from kubeguard.cluster.objects import Object

_FIRST = (
    "Namespace",
    "CustomResourceDefinition",
    "PriorityClass",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ResourceQuota",
    "LimitRange",
    "NetworkPolicy",
    "ServiceAccount",
    "ClusterRole",
    "ClusterRoleBinding",
    "Role",
    "RoleBinding",
    "ConfigMap",
    "Secret",
    "PersistentVolumeClaim",
    "Service",
)
"""What others need, or are held to."""
_LAST = (
    "Deployment",
    "StatefulSet",
    "DaemonSet",
    "PodDisruptionBudget",
    "Job",
    "CronJob",
    "HorizontalPodAutoscaler",
    "Ingress",
    "MutatingWebhookConfiguration",
    "ValidatingWebhookConfiguration",
)
"""What needs others; kinds that are in neither list come between."""


def in_order(objects: Iterable[Object]) -> list[Object]:
    """As they are to be applied; the other way round they are to be deleted."""
    return sorted(objects, key=lambda each: _rank(each["kind"]))


def _rank(kind: str) -> int:
    if kind in _FIRST:
        return _FIRST.index(kind)
    return len(_FIRST) + (_LAST.index(kind) + 1 if kind in _LAST else 0)
