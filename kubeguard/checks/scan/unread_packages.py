"""A list of what is installed that leaves something out is worse than none, unless it says so."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Profile, Severity, Trouble, TroubleKind, check
from kubeguard.checks.scan._tell import tell


@check(
    "KG9032",
    "List of packages is not complete",
    on=Trouble,
    severity=Severity.MEDIUM,
    profile=Profile.BASELINE,
)
def unread_packages(trouble: Trouble) -> Iterator[Problem]:
    hint = "list these packages by a tool that reads them, and merge the two"
    return tell(trouble, TroubleKind.UNREAD_PACKAGES, hint)
