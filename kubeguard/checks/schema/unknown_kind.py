"""An apiVersion and a kind that do not belong together never reach the cluster."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Profile, Severity, Trouble, TroubleKind, check
from kubeguard.checks.schema._trouble import passed_on


@check(
    "KG7204",
    "Kind does not exist in this apiVersion",
    on=Trouble,
    severity=Severity.MEDIUM,
    profile=Profile.BASELINE,
)
def unknown_kind(trouble: Trouble) -> Iterator[Problem]:
    return passed_on(trouble, TroubleKind.UNKNOWN_KIND)
