"""A policy that imports what is nowhere is undefined wherever it uses it, and finds nothing."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Profile, Severity, Trouble, TroubleKind, check
from kubeguard.checks.scan._tell import tell


@check(
    "KG9018",
    "Policy imports what is nowhere",
    on=Trouble,
    severity=Severity.MEDIUM,
    profile=Profile.BASELINE,
)
def undefined_import(trouble: Trouble) -> Iterator[Problem]:
    hint = "give the library or the data with it: --policy FOLDER, --policy-data FILE"
    return tell(trouble, TroubleKind.UNDEFINED_IMPORT, hint)
