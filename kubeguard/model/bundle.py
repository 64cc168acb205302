"""Every object of one run, for the questions that no single object can answer."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from kubeguard.model.manifest import Manifest, Workload
from kubeguard.model.node import Node, Source
from kubeguard.model.podspecs import KNOWN
from kubeguard.model.views import View

_Pair = tuple[str, str]


class Bundle(View):
    """All manifests of a run, indexed; never built by the webhook for a single object."""

    def __init__(self, manifests: tuple[Manifest, ...]) -> None:
        super().__init__(Node(None, Source("run")))
        self.manifests = manifests
        self._selections: dict[object, tuple[Workload, ...]] = {}

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

    def selected(self, namespace: str, selector: Mapping[str, object]) -> tuple[Workload, ...]:
        """The workloads whose pods a LabelSelector in `namespace` picks, as far as one can know.

        Doubt counts as a match: an object without a namespace lands wherever it is applied, labels
        that controllers add at run time fit, and so do pods whose labels are written nowhere. The
        same question gets the same tuple.
        """
        exact, expressions = _visible(selector)
        question = (namespace, tuple(sorted(exact.items())), repr(expressions))
        found = self._selections.get(question)
        if found is None:
            scopes = (namespace, "") if namespace else (None,)
            settled = {"matchLabels": exact, "matchExpressions": expressions}
            indexes = (self._pods[scope] for scope in scopes if scope in self._pods)
            found = tuple(pod for index in indexes for pod in index.matching(settled))
            self._selections[question] = found
        return found

    @cached_property
    def _pods(self) -> dict[str | None, _Pods]:
        """Pods by namespace, and under None those of all namespaces."""
        found: dict[str | None, _Pods] = {
            namespace: _Pods(workloads) for namespace, workloads in self.workloads.items()
        }
        found[None] = _Pods(pod for workloads in self.workloads.values() for pod in workloads)
        return found


class _Pods:
    """Workloads by the labels of their pods, so that a selector reads only those it may match."""

    def __init__(self, workloads: Iterable[Workload]) -> None:
        self._labelled: list[Workload] = []
        self._unlabelled: list[Workload] = []
        self._by_label: dict[_Pair, list[Workload]] = {}
        for workload in workloads:
            labels = workload.labels
            if not labels and workload.manifest.group_kind not in KNOWN:
                self._unlabelled.append(workload)
                continue
            self._labelled.append(workload)
            for key, value in labels.items():
                if isinstance(value, str):
                    self._by_label.setdefault((key, value), []).append(workload)

    def matching(self, selector: Mapping[str, object]) -> Iterator[Workload]:
        candidates = [self._labelled]
        for pairs in _alternatives(selector):
            some = [self._by_label[pair] for pair in pairs if pair in self._by_label]
            candidates = min(candidates, some, key=_size)
        for group in candidates:
            yield from (pod for pod in group if selects(selector, pod.labels))
        yield from self._unlabelled


def _size(groups: list[list[Workload]]) -> int:
    return sum(map(len, groups))


def _alternatives(selector: Mapping[str, object]) -> Iterator[tuple[_Pair, ...]]:
    """For each demand of a selector the labels of which a pod must carry one."""
    exact, expressions = selector.get("matchLabels"), selector.get("matchExpressions")
    for key, value in exact.items() if isinstance(exact, dict) else ():
        yield ((key, value),)
    for expression in expressions if isinstance(expressions, list) else ():
        if isinstance(expression, dict) and expression.get("operator") == "In":
            values = expression.get("values")
            texts = {v for v in values if isinstance(v, str)} if isinstance(values, list) else ()
            yield tuple((str(expression.get("key")), value) for value in sorted(texts))


_GENERATED = (
    "controller-revision-hash",
    "controller-uid",
    "job-name",
    "pod-template-generation",
    "pod-template-hash",
    "rollouts-pod-template-hash",
)
_GENERATED_PREFIXES = (
    "apps.kubernetes.io/",
    "batch.kubernetes.io/",
    "jobset.sigs.k8s.io/",
    "leaderworkerset.sigs.k8s.io/",
    "ray.io/",
    "serving.knative.dev/",
    "serving.kserve.io/",
    "statefulset.kubernetes.io/",
    "training.kubeflow.org/",
)


def _visible(selector: Mapping[str, object]) -> tuple[dict[str, str], list[dict[str, object]]]:
    """The demands that manifests can answer: well-formed ones, on labels an author writes."""
    exact, expressions = selector.get("matchLabels"), selector.get("matchExpressions")
    labels = {
        key: value
        for key, value in (exact.items() if isinstance(exact, dict) else ())
        if isinstance(key, str) and isinstance(value, str) and not _generated(key)
    }
    rest = [
        expression
        for expression in (expressions if isinstance(expressions, list) else ())
        if isinstance(expression, dict) and not _generated(str(expression.get("key")))
    ]
    return labels, rest


def _generated(key: str) -> bool:
    return key in _GENERATED or key.startswith(_GENERATED_PREFIXES)


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
    """Whether one entry of `matchExpressions` is true of the labels."""
    if not isinstance(expression, dict):
        return False
    key, values = str(expression.get("key")), expression.get("values")
    values = values if isinstance(values, list) else []
    match expression.get("operator"):
        case "In":
            return key in labels and labels[key] in values
        case "NotIn":
            return key not in labels or labels[key] not in values
        case "Exists":
            return key in labels
        case "DoesNotExist":
            return key not in labels
    return False
