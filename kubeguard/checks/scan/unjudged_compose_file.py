"""A part of a Compose file is written elsewhere, and nothing has looked at it."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Profile, Severity, Trouble, TroubleKind, check
from kubeguard.checks.scan._tell import tell


@check(
    "KG9009",
    "Compose file is not judged in full",
    on=Trouble,
    severity=Severity.MEDIUM,
    profile=Profile.BASELINE,
)
def unjudged_compose_file(trouble: Trouble) -> Iterator[Problem]:
    return tell(trouble, TroubleKind.COMPOSE, "judge what `docker compose config` makes of all its parts")
