"""After the upgrade the object can no longer be applied, and what it protected stands open."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Profile, Severity, Trouble, TroubleKind, check
from kubeguard.checks.schema._trouble import passed_on


@check(
    "KG7205",
    "apiVersion has been removed",
    on=Trouble,
    severity=Severity.HIGH,
    profile=Profile.BASELINE,
    like=(
        "trivy:KSV-0107",
        "kube-linter:no-extensions-v1beta",
        "kube-score:stable-version",
    ),
)
def removed_api(trouble: Trouble) -> Iterator[Problem]:
    return passed_on(trouble, TroubleKind.REMOVED_API)
