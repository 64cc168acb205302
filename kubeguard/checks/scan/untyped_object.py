"""An object without a type is applied by nobody and protected by nothing."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Profile, Severity, Trouble, TroubleKind, check
from kubeguard.checks.scan._tell import tell


@check(
    "KG9006",
    "Object does not say what it is",
    on=Trouble,
    severity=Severity.MEDIUM,
    profile=Profile.BASELINE,
)
def untyped_object(trouble: Trouble) -> Iterator[Problem]:
    return tell(trouble, TroubleKind.NO_KIND, "add apiVersion and kind")
