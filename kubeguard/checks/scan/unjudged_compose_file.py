"""A Compose file runs containers, and nothing has looked at them yet."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Profile, Severity, Trouble, TroubleKind, check
from kubeguard.checks.scan._tell import tell


@check(
    "KG9009",
    "Compose file is not judged",
    on=Trouble,
    severity=Severity.MEDIUM,
    profile=Profile.BASELINE,
)
def unjudged_compose_file(trouble: Trouble) -> Iterator[Problem]:
    return tell(trouble, TroubleKind.COMPOSE, "leave it out with an exclude when that is meant")
