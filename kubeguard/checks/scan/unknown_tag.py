"""A tag that kubectl ignores promises something that does not happen."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Profile, Severity, Trouble, TroubleKind, check
from kubeguard.checks.scan._tell import tell


@check(
    "KG9005",
    "YAML tag is unknown",
    on=Trouble,
    severity=Severity.LOW,
    profile=Profile.BASELINE,
)
def unknown_tag(trouble: Trouble) -> Iterator[Problem]:
    return tell(trouble, TroubleKind.UNKNOWN_TAG, "remove the tag")
