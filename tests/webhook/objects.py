"""Objects in which there is nothing to find, but for what is put into them."""

from __future__ import annotations

from typing import Any


def container(**more: Any) -> dict[str, Any]:
    return {
        "name": "web",
        "image": "registry.example/web:1.4.2",
        "resources": {
            "requests": {"cpu": "10m", "memory": "16Mi"},
            "limits": {"memory": "16Mi"},
        },
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "runAsNonRoot": True,
            "capabilities": {"drop": ["ALL"]},
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        **more,
    }


def spec(**more: Any) -> dict[str, Any]:
    return {
        "automountServiceAccountToken": False,
        "serviceAccountName": "web",
        "containers": [container()],
        **more,
    }


def pod(name: str, **more: Any) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": name, "labels": {"app": name}},
        "spec": spec(**more),
    }


def deployment(name: str, **more: Any) -> dict[str, Any]:
    labels = {"app": name}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": name},
        "spec": {
            "selector": {"matchLabels": labels},
            "template": {"metadata": {"labels": labels}, "spec": spec(**more)},
        },
    }
