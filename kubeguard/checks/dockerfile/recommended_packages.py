"""What is not installed cannot be attacked."""

from collections.abc import Iterator

from kubeguard.checks.dockerfile._packages import apt_setting, configures_apt, requests
from kubeguard.checks.kit import Grade, Instruction, Problem, Profile, Severity, check, put

_KEY = "APT::Install-Recommends"
_OPTIONS = ("--no-install-recommends", "--without-recommends")


@check(
    "KG1031",
    "apt installs recommended packages",
    on=Instruction,
    severity=Severity.LOW,
    profile=Profile.PEDANTIC,
    refs=("CIS-Docker 4.3",),
    like=("trivy:DS-0029", "hadolint:DL3015"),
)
def recommended_packages(instruction: Instruction) -> Iterator[Problem]:
    for request in requests(instruction, ("apt-get", "apt", "aptitude")):
        verb, command = request.verb, request.command
        if verb.text != "install" or not request.packages or not request.sure:
            continue
        if command.option(*_OPTIONS) or apt_setting(command, _KEY):
            continue
        if not configures_apt(instruction, _KEY):
            message = f"{request.manager} install brings recommended packages along"
            fix = put(
                verb.node, f"install {_OPTIONS[0]}", grade=Grade.UNSAFE, hint=f"add {_OPTIONS[0]}"
            )
            yield Problem(verb.node, message, fix)
