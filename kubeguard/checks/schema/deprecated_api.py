"""A deprecated apiVersion works until the upgrade that removes it."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Severity, Trouble, TroubleKind, check
from kubeguard.checks.schema._trouble import passed_on


@check(
    "KG7206",
    "apiVersion is deprecated",
    on=Trouble,
    severity=Severity.LOW,
    like=(
        "trivy:KSV-0107",
        "kube-score:stable-version",
    ),
)
def deprecated_api(trouble: Trouble) -> Iterator[Problem]:
    return passed_on(trouble, TroubleKind.DEPRECATED_API)
