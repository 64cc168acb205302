"""A function that fails makes its rule undefined, and OPA says nothing about it."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Profile, Severity, Trouble, TroubleKind, check
from kubeguard.checks.scan._tell import tell


@check(
    "KG9016",
    "Function failed in a policy",
    on=Trouble,
    severity=Severity.LOW,
    profile=Profile.BASELINE,
)
def failed_builtin(trouble: Trouble) -> Iterator[Problem]:
    hint = "test the value before the call (is_string(x)), so that the rule says what it means"
    return tell(trouble, TroubleKind.FAILED_BUILTIN, hint)
