"""A decision with an end date has to be taken again when the day has come."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Profile, Severity, Trouble, TroubleKind, check
from kubeguard.checks.scan._tell import tell


@check(
    "KG9012",
    "Suppression has expired",
    on=Trouble,
    severity=Severity.LOW,
    profile=Profile.BASELINE,
)
def expired_suppression(trouble: Trouble) -> Iterator[Problem]:
    return tell(trouble, TroubleKind.EXPIRED_SUPPRESSION, "decide again")
