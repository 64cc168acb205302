"""AppArmor is on by default; turning it off takes a deliberate line."""

from collections.abc import Iterator

from kubeguard.checks.kit import Grade, Problem, Profile, Severity, Workload, check, put
from kubeguard.checks.workload._contexts import called, place, setters

_ANNOTATION = "container.apparmor.security.beta.kubernetes.io/"


@check(
    "KG3011",
    "AppArmor is turned off",
    on=Workload,
    severity=Severity.MEDIUM,
    profile=Profile.BASELINE,
    refs=("PSS baseline", "NSA-CISA pod security", "MITRE T1611"),
    like=("trivy:KSV-0002",),
)
def unconfined_apparmor(workload: Workload) -> Iterator[Problem]:
    for setter, profile in setters(workload, "appArmorProfile"):
        kind = profile.get("type")
        if kind not in ("RuntimeDefault", "Localhost"):
            where = place(setter, "appArmorProfile")["type"]
            said = "sets no type" if kind in (None, "") else f"is {str(kind)[:40]!r}"
            fix = put(where, "RuntimeDefault", grade=Grade.UNSAFE)
            yield Problem(where, f"the AppArmor profile of {called(setter)} {said}", fix)
    for key, value in workload.annotations.items():
        if key.startswith(_ANNOTATION) and isinstance(value, str) and not _allowed(value):
            where = workload.metadata["annotations"][key]
            name = key.removeprefix(_ANNOTATION)
            message = f"the AppArmor profile of container {name[:40]!r} is {value[:40]!r}"
            yield Problem(where, message, put(where, "runtime/default", grade=Grade.UNSAFE))


def _allowed(profile: str) -> bool:
    return profile in ("", "runtime/default") or profile.startswith("localhost/")
