"""Of two equal keys the last one wins silently, and the reviewer read the first."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Profile, Severity, Trouble, TroubleKind, check
from kubeguard.checks.scan._tell import tell


@check(
    "KG9004",
    "Key is given twice",
    on=Trouble,
    severity=Severity.MEDIUM,
    profile=Profile.BASELINE,
)
def duplicate_key(trouble: Trouble) -> Iterator[Problem]:
    return tell(trouble, TroubleKind.DUPLICATE_KEY, "keep one of the two")
