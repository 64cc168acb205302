"""How many pods a workload keeps when load is low."""

from typing import NamedTuple

from kubeguard.checks.kit import Bundle, Workload

_Key = tuple[str, str, str]
_DEFAULT_ONE = (
    "Deployment.apps",
    "ReplicaSet.apps",
    "ReplicationController",
    "Rollout.argoproj.io",
    "StatefulSet.apps",
)


class Count(NamedTuple):
    """The least number of pods together; None when a controller decides it otherwise.

    `open` says that for one of them it is only the default: nobody states a number, and an
    autoscaler may be kept elsewhere.
    """

    total: int | None
    open: bool


class Replicas:
    """How many pods the workloads of a run keep, each selection counted once."""

    def __init__(self, bundle: Bundle) -> None:
        self._scaled = _autoscaled(bundle)
        self._counts: dict[int, Count] = {}

    def of(self, workloads: tuple[Workload, ...]) -> Count:
        """The least replicas of what `Bundle.selected` gave."""
        found = self._counts.get(id(workloads))
        if found is None:
            counts = [self._least(workload) for workload in workloads]
            known = [count for count in counts if count is not None]
            total = sum(known) if len(known) == len(counts) else None
            found = Count(total, any(self._unstated(workload) for workload in workloads))
            self._counts[id(workloads)] = found
        return found

    def _least(self, workload: Workload) -> int | None:
        scaled = self._scaled.get(_key(workload))
        if scaled is not None or workload.manifest.group_kind not in _DEFAULT_ONE:
            return scaled
        count = workload.manifest.get("spec", "replicas")
        return count if isinstance(count, int) else 1 if count is None else None

    def _unstated(self, workload: Workload) -> bool:
        stated = workload.manifest.get("spec", "replicas") is not None
        return not stated and _key(workload) not in self._scaled


def _autoscaled(bundle: Bundle) -> dict[_Key, int]:
    """The least replicas that an autoscaler keeps, by namespace, kind and name of its target."""
    found: dict[_Key, int] = {}
    for scaler in bundle.of("HorizontalPodAutoscaler.autoscaling", "ScaledObject.keda.sh"):
        field = "minReplicaCount" if scaler.kind == "ScaledObject" else "minReplicas"
        least = scaler.get("spec", field)
        target = scaler.node["spec"]["scaleTargetRef"]
        kind = target["kind"].text or "Deployment"
        # Scaled to zero there is nothing to evict; what counts is the first step up.
        count = max(1, least) if isinstance(least, int) else 1
        found[scaler.namespace, kind, target["name"].text] = count
    return found


def _key(workload: Workload) -> _Key:
    manifest = workload.manifest
    return manifest.namespace, manifest.kind, manifest.name
