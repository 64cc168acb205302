"""Without a required field the API server refuses the object."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Profile, Severity, Trouble, TroubleKind, check
from kubeguard.checks.schema._trouble import passed_on


@check(
    "KG7203",
    "Required field is missing",
    on=Trouble,
    severity=Severity.MEDIUM,
    profile=Profile.BASELINE,
)
def missing_field(trouble: Trouble) -> Iterator[Problem]:
    return passed_on(trouble, TroubleKind.MISSING_FIELD)
