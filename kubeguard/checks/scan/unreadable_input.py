"""What cannot be read has not been judged."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Profile, Severity, Trouble, TroubleKind, check
from kubeguard.checks.scan._tell import tell


@check(
    "KG9001",
    "Input cannot be read",
    on=Trouble,
    severity=Severity.HIGH,
    profile=Profile.BASELINE,
)
def unreadable_input(trouble: Trouble) -> Iterator[Problem]:
    return tell(
        trouble, TroubleKind.UNREADABLE, "make the file readable, or leave it out with an exclude"
    )
