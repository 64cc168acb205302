"""Small requests for tests without an API server."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import yaml

from kubeguard.api import catalogue, load_policy
from kubeguard.policy.policy import Policy
from kubeguard.registry import load_checks
from kubeguard.webhook.hook import Answered, Webhook
from kubeguard.webhook.judge import Labels
from kubeguard.webhook.review import decode

POD = """\
apiVersion: v1
kind: Pod
metadata: {name: web, namespace: shop, uid: u-1}
spec:
  containers: [{name: web, image: "registry.example/web:1"}]
"""


def review(found: object, operation: str = "CREATE", **more: Any) -> dict[str, Any]:
    """An AdmissionReview; keys of the request are written as the API server writes them."""
    body = yaml.safe_load(found) if isinstance(found, str) else found
    metadata = (body or {}).get("metadata", {})
    request = {
        "uid": "r-1",
        "operation": operation,
        "kind": {"group": "", "version": "v1", "kind": (body or {}).get("kind", "")},
        "resource": {"group": "", "version": "v1", "resource": "pods"},
        "name": metadata.get("name", ""),
        "namespace": metadata.get("namespace", ""),
        "userInfo": {"username": "jane", "groups": ["dev"]},
        "object": body,
        "oldObject": None,
        **more,
    }
    return {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}


def hook(configuration: str = "", folder: Any = None, labels: Mapping[str, Any] = {}) -> Webhook:
    """A webhook with this kubeguard.yaml; `labels` of every namespace."""
    asked: Labels = lambda _: labels  # noqa: E731
    if not configuration:
        return Webhook(Policy(), load_checks(), asked)
    file = folder / "kubeguard.yaml"
    file.write_text(configuration)
    policy = load_policy(file)
    return Webhook(policy, catalogue(policy), asked)


def ask(webhook: Webhook, found: object, operation: str = "CREATE", **more: Any) -> Answered:
    return webhook.respond(decode(json.dumps(review(found, operation, **more)).encode()))


def said(answered: Answered) -> dict[str, set[str]]:
    """The checks that spoke, by what that meant."""
    by_mode: dict[str, set[str]] = {}
    for decision in answered.judgement.decisions:
        by_mode.setdefault(decision.mode.value, set()).add(decision.finding.check.id)
    return by_mode
