"""Some checks are not for the author of a file to waive."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Profile, Severity, Trouble, TroubleKind, check
from kubeguard.checks.scan._tell import tell


@check(
    "KG9014",
    "Suppression is not allowed",
    on=Trouble,
    severity=Severity.MEDIUM,
    profile=Profile.BASELINE,
)
def refused_suppression(trouble: Trouble) -> Iterator[Problem]:
    return tell(trouble, TroubleKind.REFUSED_SUPPRESSION, "remove it")
