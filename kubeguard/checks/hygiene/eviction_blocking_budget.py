"""A budget that allows no eviction stops every drain, and with it the node's security updates."""

import math
import re
from collections.abc import Iterator

from kubeguard.checks.hygiene._replicas import Targets, autoscaled, replicas
from kubeguard.checks.kit import Bundle, Manifest, Problem, Profile, Severity, advise, check

_PERCENT = re.compile(r"(\d{1,9})%")
_KINDS = ("PodDisruptionBudget.policy", "PodDisruptionBudget")


@check(
    "KG7103",
    "Disruption budget that blocks every eviction",
    on=Bundle,
    severity=Severity.MEDIUM,
    profile=Profile.RESTRICTED,
    like=(
        "kube-linter:pdb-max-unavailable",
        "kube-linter:pdb-min-available",
        "polaris:pdbDisruptionsIsZero",
        "polaris:pdbMinAvailableGreaterThanHPAMinReplicas",
    ),
)
def eviction_blocking_budget(bundle: Bundle) -> Iterator[Problem]:
    budgets = list(bundle.of(*_KINDS))
    scaled = autoscaled(bundle) if budgets else {}
    for budget in budgets:
        spec = budget.node["spec"]
        most, least = spec["maxUnavailable"], spec["minAvailable"]
        fix = advise("allow one disruption: set maxUnavailable: 1 and run two replicas or more")
        if most.value is not None and _pods(most.value, 100) == 0:
            yield Problem(most, f"{budget.name!r} lets no pod be evicted", fix)
        elif least.value is not None:
            reason = _blocks(bundle, budget, least.value, scaled)
            if reason:
                yield Problem(least, f"{budget.name!r} {reason}", fix)


def _pods(amount: object, total: int) -> int | None:
    """How many pods an IntOrString means; percentages round up, as the eviction API does."""
    if isinstance(amount, int):
        return amount
    percent = _PERCENT.fullmatch(amount) if isinstance(amount, str) else None
    return math.ceil(int(percent[1]) * total / 100) if percent else None


def _blocks(bundle: Bundle, budget: Manifest, least: object, scaled: Targets) -> str:
    """Why no pod can be spared, or ''."""
    if isinstance(least, str) and (_pods(least, 100) or 0) >= 100:
        return "needs every pod, so none can be evicted"
    selector = budget.node["spec"]["selector"]
    if not selector.exists:
        return ""
    workloads = bundle.selected(budget.namespace, selector.mapping)
    counts = [replicas(workload, scaled) for workload in workloads]
    total = sum(count for count in counts if count is not None)
    needed = _pods(least, total)
    if None in counts or total == 0 or needed is None or needed < total:
        return ""
    return f"needs {needed} of {total} replicas, so none can be evicted"
