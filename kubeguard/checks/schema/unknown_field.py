"""A field that the server does not know is dropped, and the hardening it meant with it."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Profile, Severity, Trouble, TroubleKind, check
from kubeguard.checks.schema._trouble import passed_on


@check(
    "KG7201",
    "Field does not exist",
    on=Trouble,
    severity=Severity.MEDIUM,
    profile=Profile.BASELINE,
)
def unknown_field(trouble: Trouble) -> Iterator[Problem]:
    return passed_on(trouble, TroubleKind.UNKNOWN_FIELD)
