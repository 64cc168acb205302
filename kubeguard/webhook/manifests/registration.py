"""What an API server is told of the webhook: what to ask it, and whom never to keep waiting."""

from __future__ import annotations

import json
from typing import Any

from kubeguard.webhook.manifests.settings import Certificates, Settings
from kubeguard.webhook.names import Names

WANTED = "kubeguard.dev/failure-policy"
"""The annotation that says what `failurePolicy` is to be while the webhook answers."""

BREAK_GLASS = "kubeguard:break-glass"
"""The group that may repair kube-system while the webhook does not answer."""

_HEARTBEATS = (
    "/endpoints",
    "/events",
    "/nodes",
    "authentication.k8s.io/selfsubjectreviews",
    "authentication.k8s.io/tokenreviews",
    "authorization.k8s.io/localsubjectaccessreviews",
    "authorization.k8s.io/selfsubjectaccessreviews",
    "authorization.k8s.io/selfsubjectrulesreviews",
    "authorization.k8s.io/subjectaccessreviews",
    "coordination.k8s.io/leases",
    "discovery.k8s.io/endpointslices",
    "events.k8s.io/events",
)
"""What a cluster lives by, and no check is about: group and resource."""

_CARETAKERS = ("system:nodes", "system:serviceaccounts:kube-system", BREAK_GLASS)
"""Groups that keep kube-system alive."""


def registration(settings: Settings) -> list[dict[str, Any]]:
    """Which requests are judged: all that change something, but for those a cluster lives by."""
    names = Names(settings.namespace)
    annotations = {WANTED: settings.failure_policy.value}
    if settings.certificates is Certificates.CERT_MANAGER:
        annotations["cert-manager.io/inject-ca-from"] = f"{settings.namespace}/{names.service}"
    service = {"namespace": settings.namespace, "name": names.service, "path": "/validate"}
    client: dict[str, Any] = {"service": service}
    if settings.certificates is Certificates.FILES:
        client["caBundle"] = settings.ca_bundle
    metadata = {"name": names.configuration, "annotations": annotations}
    return [configuration(settings, metadata, client)]


def configuration(
    settings: Settings, metadata: dict[str, Any], client: dict[str, Any]
) -> dict[str, Any]:
    """A ValidatingWebhookConfiguration (admissionregistration.k8s.io/v1) with one webhook."""
    return {
        "apiVersion": "admissionregistration.k8s.io/v1",
        "kind": "ValidatingWebhookConfiguration",
        "metadata": metadata,
        "webhooks": [
            {
                "name": "validate.kubeguard.dev",
                "clientConfig": client,
                "rules": [
                    _rule(["CREATE", "UPDATE"], ["*", "pods/ephemeralcontainers", "pods/resize"]),
                    _rule(["CONNECT"], ["pods/attach", "pods/exec", "pods/portforward"]),
                ],
                "matchConditions": [
                    {"name": name, "expression": expression}
                    for name, expression in _conditions(settings.namespace).items()
                ],
                # The API server itself sets this label, so that nobody can take it away.
                "namespaceSelector": {
                    "matchExpressions": [
                        {
                            "key": "kubernetes.io/metadata.name",
                            "operator": "NotIn",
                            "values": [settings.namespace],
                        }
                    ]
                },
                "matchPolicy": "Equivalent",
                "failurePolicy": settings.failure_policy.value,
                "sideEffects": "None",
                "timeoutSeconds": settings.timeout_seconds,
                "admissionReviewVersions": ["v1"],
            }
        ],
    }


def _rule(operations: list[str], resources: list[str]) -> dict[str, Any]:
    anything = {"apiGroups": ["*"], "apiVersions": ["*"], "scope": "*"}
    return anything | {"operations": operations, "resources": resources}


def _conditions(namespace: str) -> dict[str, str]:
    """Names and CEL; one that cannot be evaluated refuses the request (KEP-3716)."""
    resource = 'request.resource.group + "/" + request.resource.resource'
    inside = 'request.?namespace.orValue("")'
    groups = "request.userInfo.?groups.orValue([])"
    return {
        "no-heartbeat": f"!({resource} in {json.dumps(_HEARTBEATS)})",
        "not-the-api-server": 'request.userInfo.username != "system:apiserver"',
        "not-itself": f'{inside} != "{namespace}"',
        "break-glass": f'{inside} != "kube-system"'
        f" || !{groups}.exists(group, group in {json.dumps(_CARETAKERS)})",
    }
