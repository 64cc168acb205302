"""A suppression that cannot be read suppresses nothing, and its author believes it does."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Profile, Severity, Trouble, TroubleKind, check
from kubeguard.checks.scan._tell import tell


@check(
    "KG9011",
    "Suppression cannot be read",
    on=Trouble,
    severity=Severity.MEDIUM,
    profile=Profile.BASELINE,
)
def malformed_suppression(trouble: Trouble) -> Iterator[Problem]:
    return tell(trouble, TroubleKind.MALFORMED_SUPPRESSION, "write ignore[CHECK] -- reason")
