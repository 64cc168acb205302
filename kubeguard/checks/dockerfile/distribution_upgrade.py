"""An upgrade of everything makes the image depend on the day of its build."""

from collections.abc import Iterator

from kubeguard.checks.dockerfile._packages import APK, APT, YUM, ZYPPER, requests
from kubeguard.checks.kit import Instruction, Problem, Profile, Severity, advise, check

_UPGRADES = {
    **dict.fromkeys(APT, ("upgrade", "dist-upgrade", "full-upgrade", "safe-upgrade")),
    **dict.fromkeys(APK, ("upgrade",)),
    **dict.fromkeys(YUM, ("update", "upgrade", "distro-sync", "dist-upgrade")),
    **dict.fromkeys(ZYPPER, ("update", "up", "dist-upgrade", "dup")),
}


@check(
    "KG1029",
    "Build upgrades the whole distribution",
    on=Instruction,
    severity=Severity.LOW,
    profile=Profile.PEDANTIC,
    refs=("SLSA",),
    like=("trivy:DS-0024", "hadolint:DL3035"),
)
def distribution_upgrade(instruction: Instruction) -> Iterator[Problem]:
    for request in requests(instruction, tuple(_UPGRADES)):
        whole = not request.packages and not request.command.option("--security")
        if whole and request.verb.text in _UPGRADES[request.manager]:
            message = f"{request.manager} {request.verb.text} changes every package of the base"
            yield Problem(request.verb.node, message, advise("take a newer base image instead"))
