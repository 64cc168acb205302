"""A template is not a manifest: what it becomes has not been judged."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Profile, Severity, Trouble, TroubleKind, check
from kubeguard.checks.scan._tell import tell


@check(
    "KG9007",
    "Template is not rendered",
    on=Trouble,
    severity=Severity.MEDIUM,
    profile=Profile.BASELINE,
)
def unrendered_template(trouble: Trouble) -> Iterator[Problem]:
    return tell(
        trouble, TroubleKind.TEMPLATE, "scan the rendered text: helm template . | kubeguard scan -"
    )
