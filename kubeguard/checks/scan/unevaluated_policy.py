"""A policy that was not evaluated has allowed nothing, and found nothing."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Profile, Severity, Trouble, TroubleKind, check
from kubeguard.checks.scan._tell import tell


@check(
    "KG9015",
    "Policy was not evaluated",
    on=Trouble,
    severity=Severity.HIGH,
    profile=Profile.BASELINE,
)
def unevaluated_policy(trouble: Trouble) -> Iterator[Problem]:
    hint = "`kubeguard policy check` says what is wrong with it"
    return tell(trouble, TroubleKind.UNEVALUATED_POLICY, hint)
