"""The right type is not enough: quantities, base64, times and ranges are checked as well."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Profile, Severity, Trouble, TroubleKind, check
from kubeguard.checks.schema._trouble import passed_on


@check(
    "KG7207",
    "Field has a value that is not allowed",
    on=Trouble,
    severity=Severity.MEDIUM,
    profile=Profile.BASELINE,
)
def invalid_value(trouble: Trouble) -> Iterator[Problem]:
    return passed_on(trouble, TroubleKind.INVALID_VALUE)
