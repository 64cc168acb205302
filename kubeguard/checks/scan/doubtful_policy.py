"""A policy that nothing asks for, or that anybody may have changed, protects nobody."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Profile, Severity, Trouble, TroubleKind, check
from kubeguard.checks.scan._tell import tell


@check(
    "KG9017",
    "Policy may do less than it seems to",
    on=Trouble,
    severity=Severity.LOW,
    profile=Profile.BASELINE,
)
def doubtful_policy(trouble: Trouble) -> Iterator[Problem]:
    hint = "complete it, or take it away"
    return tell(trouble, TroubleKind.DOUBTFUL_POLICY, hint)
