"""The API server refuses a number where a string is due, and the other way round."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Profile, Severity, Trouble, TroubleKind, check
from kubeguard.checks.schema._trouble import passed_on


@check(
    "KG7202",
    "Field has a value of the wrong type",
    on=Trouble,
    severity=Severity.MEDIUM,
    profile=Profile.BASELINE,
)
def wrong_type(trouble: Trouble) -> Iterator[Problem]:
    return passed_on(trouble, TroubleKind.WRONG_TYPE)
