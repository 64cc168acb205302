"""An installation as text: one stream, or a folder for Kustomize."""

from __future__ import annotations

import inspect

from kubeguard.cluster.text import document, documents
from kubeguard.webhook.manifests.objects import FILES
from kubeguard.webhook.manifests.settings import Settings


def stream(settings: Settings) -> str:
    """All objects in the order in which they are applied."""
    return "---\n".join(files(settings).values())


def kustomization(settings: Settings) -> dict[str, str]:
    """The files of a Kustomize base, by name."""
    texts = files(settings)
    resources = {"resources": list(texts)}
    head = {"apiVersion": "kustomize.config.k8s.io/v1beta1", "kind": "Kustomization"}
    return {"kustomization.yaml": document(head | resources), **texts}


def files(settings: Settings) -> dict[str, str]:
    """The objects by the file they belong in, below a comment that says what they are for."""
    return {
        name: f"# {inspect.getdoc(build)}\n{documents(found)}"
        for name, build in FILES.items()
        if (found := build(settings))
    }
