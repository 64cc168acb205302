"""Every object of one run, for the questions that no single object can answer."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cached_property

from kubeguard.model.manifest import Manifest, Workload
from kubeguard.model.node import Node, Source
from kubeguard.model.views import View


class Bundle(View):
    """All manifests of a run, indexed; never built by the webhook for a single object."""

    def __init__(self, manifests: tuple[Manifest, ...]) -> None:
        super().__init__(Node(None, Source("run")))
        self.manifests = manifests

    @cached_property
    def by_kind(self) -> Mapping[str, tuple[Manifest, ...]]:
        """Manifests by `Kind` or `Kind.group`."""
        found: dict[str, list[Manifest]] = {}
        for manifest in self.manifests:
            found.setdefault(manifest.group_kind, []).append(manifest)
        return {kind: tuple(items) for kind, items in found.items()}

    def of(self, *kinds: str) -> Iterator[Manifest]:
        """The manifests of these kinds (`Service`, `Ingress.networking.k8s.io`), in that order."""
        for kind in kinds:
            yield from self.by_kind.get(kind, ())

    @cached_property
    def workloads(self) -> Mapping[str, tuple[Workload, ...]]:
        """Workloads by namespace; '' stands for objects that name none."""
        found: dict[str, list[Workload]] = {}
        for manifest in self.manifests:
            for workload in manifest.workloads:
                found.setdefault(manifest.namespace, []).append(workload)
        return {namespace: tuple(items) for namespace, items in found.items()}


def selects(selector: Mapping[str, object], labels: Mapping[str, object]) -> bool:
    """Whether a LabelSelector matches; an empty one matches everything (meta/v1 LabelSelector).

    A bare mapping of labels, as in a Service, is not a LabelSelector: wrap it in `matchLabels`.
    """
    exact = selector.get("matchLabels")
    if isinstance(exact, dict) and not exact.items() <= labels.items():
        return False
    expressions = selector.get("matchExpressions")
    return all(_holds(e, labels) for e in (expressions if isinstance(expressions, list) else ()))


def _holds(expression: object, labels: Mapping[str, object]) -> bool:
    if not isinstance(expression, dict):
        return False
    key, values = str(expression.get("key")), expression.get("values")
    values = values if isinstance(values, list) else []
    match expression.get("operator"):
        case "In":
            return labels.get(key) in values
        case "NotIn":
            return labels.get(key) not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    return False
