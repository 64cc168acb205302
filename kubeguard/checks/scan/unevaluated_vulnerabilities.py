"""An image whose vulnerabilities nobody could look up is not an image without any."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Profile, Severity, Trouble, TroubleKind, check
from kubeguard.checks.scan._tell import tell


@check(
    "KG9031",
    "Vulnerabilities were not evaluated",
    on=Trouble,
    severity=Severity.HIGH,
    profile=Profile.BASELINE,
)
def unevaluated_vulnerabilities(trouble: Trouble) -> Iterator[Problem]:
    hint = "run `trivy image` by hand to see what is wrong with it"
    return tell(trouble, TroubleKind.UNEVALUATED_VULNERABILITIES, hint)
