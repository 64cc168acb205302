"""An input beyond every honest size is refused, not half read."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Profile, Severity, Trouble, TroubleKind, check
from kubeguard.checks.scan._tell import tell


@check(
    "KG9003",
    "Input exceeds a limit",
    on=Trouble,
    severity=Severity.HIGH,
    profile=Profile.BASELINE,
)
def oversized_input(trouble: Trouble) -> Iterator[Problem]:
    return tell(
        trouble, TroubleKind.OVER_BUDGET, "split the input, or leave it out with an exclude"
    )
