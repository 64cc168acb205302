"""A document that does not parse has not been judged, and will not be applied either."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Profile, Severity, Trouble, TroubleKind, check
from kubeguard.checks.scan._tell import tell


@check(
    "KG9002",
    "Document is broken",
    on=Trouble,
    severity=Severity.HIGH,
    profile=Profile.BASELINE,
)
def broken_document(trouble: Trouble) -> Iterator[Problem]:
    hint = "repair the syntax: as it stands it cannot be applied or built"
    return tell(trouble, TroubleKind.BROKEN, hint)
