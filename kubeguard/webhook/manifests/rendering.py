"""An installation as text: one stream, or a folder for Kustomize."""

from __future__ import annotations

import inspect
from collections.abc import Iterable
from typing import Any

import yaml

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


def documents(objects: Iterable[dict[str, Any]]) -> str:
    """A YAML stream."""
    return "---\n".join(map(document, objects))


def document(content: dict[str, Any]) -> str:
    """One YAML document, in the style of kubectl, with texts of several lines as blocks."""
    return yaml.dump(content, Dumper=_Dumper, sort_keys=False, width=10_000, allow_unicode=True)


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, _: Any) -> bool:
        return True


def _text(dumper: _Dumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)
