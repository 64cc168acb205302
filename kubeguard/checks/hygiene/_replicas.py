"""How many pods a workload keeps when load is low."""

from collections.abc import Mapping

from kubeguard.checks.kit import Bundle, Workload

Targets = Mapping[tuple[str, str, str], int]
_DEFAULT_ONE = (
    "Deployment.apps",
    "ReplicaSet.apps",
    "ReplicationController",
    "Rollout.argoproj.io",
    "StatefulSet.apps",
)


def autoscaled(bundle: Bundle) -> Targets:
    """The least replicas that an autoscaler of the run keeps, by namespace, kind and name."""
    found: dict[tuple[str, str, str], int] = {}
    for scaler in bundle.of("HorizontalPodAutoscaler.autoscaling", "ScaledObject.keda.sh"):
        field = "minReplicaCount" if scaler.kind == "ScaledObject" else "minReplicas"
        least = scaler.get("spec", field)
        target = scaler.node["spec"]["scaleTargetRef"]
        kind = target["kind"].text or "Deployment"
        # Scaled to zero there is nothing to evict; what counts is the first step up.
        count = max(1, least) if isinstance(least, int) else 1
        found[scaler.namespace, kind, target["name"].text] = count
    return found


def replicas(workload: Workload, scaled: Targets) -> int | None:
    """The least number of pods; None when the controller decides it otherwise."""
    manifest = workload.manifest
    least = scaled.get((manifest.namespace, manifest.kind, manifest.name))
    if least is not None:
        return least
    if manifest.group_kind not in _DEFAULT_ONE:
        return None
    count = manifest.get("spec", "replicas")
    return count if isinstance(count, int) else 1 if count is None else None
