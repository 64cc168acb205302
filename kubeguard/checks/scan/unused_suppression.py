"""A suppression that covers nothing today hides the flaw that somebody adds tomorrow."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Profile, Severity, Trouble, TroubleKind, check
from kubeguard.checks.scan._tell import tell


@check(
    "KG9013",
    "Suppression covers nothing",
    on=Trouble,
    severity=Severity.LOW,
    profile=Profile.BASELINE,
)
def unused_suppression(trouble: Trouble) -> Iterator[Problem]:
    return tell(trouble, TroubleKind.UNUSED_SUPPRESSION, "remove it")
