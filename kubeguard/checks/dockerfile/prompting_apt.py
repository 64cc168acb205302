"""A build has nobody to answer apt's question, so it stops."""

from collections.abc import Iterator

from kubeguard.checks.dockerfile._packages import apt_setting, configures_apt, requests
from kubeguard.checks.kit import Command, Instruction, Problem, Profile, Severity, check, put

_ASKING = (
    *("install", "reinstall", "build-dep", "remove", "purge", "autoremove"),
    *("upgrade", "dist-upgrade", "full-upgrade"),
)
_SILENT = ("-y", "--yes", "--assume-yes", "--force-yes", "-s", "--simulate", "--dry-run")
_KEY = "APT::Get::Assume-Yes"


@check(
    "KG1030",
    "apt waits for an answer",
    on=Instruction,
    severity=Severity.LOW,
    profile=Profile.PEDANTIC,
    like=("trivy:DS-0021", "hadolint:DL3014"),
)
def prompting_apt(instruction: Instruction) -> Iterator[Problem]:
    for request in requests(instruction, ("apt-get", "apt")):
        verb = request.verb
        if not request.sure or verb.text not in _ASKING or _answered(request.command):
            continue
        if not configures_apt(instruction, _KEY):
            message = f"{request.manager} {verb.text} without -y asks, and nobody answers"
            yield Problem(verb.node, message, put(verb.node, f"{verb.text} -y", hint="add -y"))


def _answered(command: Command) -> bool:
    """By an option, by two q (which include yes), or by `yes |`."""
    if command.piped_from or command.option(*_SILENT):
        return True
    quiet = sum(w.text.count("q") for w in command.arguments if w.text[:2] in ("-q", "-y"))
    return (
        quiet > 1
        or bool(command.option("--quiet=2"))
        or apt_setting(command, _KEY) in ("true", "1", "yes")
    )
