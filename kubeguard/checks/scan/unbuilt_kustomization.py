"""What a kustomization patches together has not been judged."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Profile, Severity, Trouble, TroubleKind, check
from kubeguard.checks.scan._tell import tell


@check(
    "KG9008",
    "Kustomization is not built",
    on=Trouble,
    severity=Severity.MEDIUM,
    profile=Profile.BASELINE,
)
def unbuilt_kustomization(trouble: Trouble) -> Iterator[Problem]:
    return tell(
        trouble,
        TroubleKind.KUSTOMIZATION,
        "scan what it builds: kubectl kustomize . | kubeguard scan -",
    )
