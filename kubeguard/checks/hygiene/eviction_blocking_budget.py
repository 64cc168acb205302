"""A budget that allows no eviction stops every drain, and with it the node's security updates."""

import math
import re
from collections.abc import Iterator

from kubeguard.checks.hygiene._replicas import Count, Replicas
from kubeguard.checks.kit import Bundle, Problem, Profile, Severity, advise, check

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
    fix = advise("allow one disruption: set maxUnavailable: 1 and run two replicas or more")
    replicas = Replicas(bundle)
    for budget in bundle.of(*_KINDS):
        spec = budget.node["spec"]
        most, least = spec["maxUnavailable"], spec["minAvailable"]
        if most.value is not None and _pods(most.value, 100) == 0:
            yield Problem(most, f"{budget.name!r} lets no pod be evicted", fix)
        elif isinstance(least.value, str) and (_pods(least.value, 100) or 0) >= 100:
            yield Problem(least, f"{budget.name!r} needs every pod, so none can be evicted", fix)
        elif least.value is not None and spec["selector"].exists:
            selected = bundle.selected(budget.namespace, spec["selector"].mapping)
            if shortage := _shortage(least.value, replicas.of(selected)):
                yield Problem(least, f"{budget.name!r} {shortage}", fix)


def _pods(amount: object, total: int) -> int | None:
    """How many pods an IntOrString means; percentages round up, as the eviction API does."""
    if isinstance(amount, int):
        return amount
    percent = _PERCENT.fullmatch(amount) if isinstance(amount, str) else None
    return math.ceil(int(percent[1]) * total / 100) if percent else None


def _shortage(least: object, count: Count) -> str:
    """Why no pod can be spared, or ''."""
    total = count.total
    needed = _pods(least, total) if total else None
    if not total or needed is None or needed < total:
        return ""
    if needed > total and count.open:
        return ""  # whoever wants two of an unstated number scales it somewhere else
    return f"needs {needed} of {total} replicas, so none can be evicted"
