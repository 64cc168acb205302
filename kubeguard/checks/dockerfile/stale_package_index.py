"""An index in a layer of its own is cached for months, and so are the holes of that day."""

from collections.abc import Iterator

from kubeguard.checks.dockerfile._mounts import has_mount
from kubeguard.checks.dockerfile._packages import APK, APT, YUM, ZYPPER, requests
from kubeguard.checks.kit import Command, Instruction, Problem, Severity, advise, check

_REFRESH = frozenset({"update", "refresh", "ref", "makecache"})
_TIDYING = frozenset({"clean", "autoclean", "autoremove"})
_INERT = frozenset(
    (
        *(*APT, *APK, *ZYPPER, *YUM, "add-apt-repository", "apt-key", "dpkg", "rpm", "gpg"),
        *("cat", "chmod", "cp", "curl", "echo", "ln", "ls", "mkdir", "mv", "printf", "rm", "sed"),
        *("tee", "touch", "wget", "[", "test", "true", "false", "set", "export", "sleep"),
    )
)
"""Programs known not to install packages; whatever else stands beside the update might."""


@check(
    "KG1028",
    "Package index is updated in a step of its own",
    on=Instruction,
    severity=Severity.MEDIUM,
    refs=("CIS-Docker 4.7",),
    like=("trivy:DS-0017", "checkov:CKV_DOCKER_5"),
)
def stale_package_index(instruction: Instruction) -> Iterator[Problem]:
    if has_mount(instruction, "/var/lib/apt", "/var/lib/apt/lists", "/var/cache/apk"):
        return
    asked = tuple(requests(instruction, (*APT, *APK, *ZYPPER, *YUM)))
    alone = [request for request in asked if _refreshes(request.manager, request.verb.text)]
    rest = {request.verb.text for request in asked if request not in alone} - _TIDYING
    if alone and not rest and all(map(_is_inert, instruction.commands)):
        for request in alone[-1:]:
            message = f"{request.manager} {request.verb.text} without an install in the same RUN"
            yield Problem(request.command.node, message, advise("join it with the install by &&"))


def _is_inert(command: Command) -> bool:
    """Whether nothing can be installed by it; what `sh -c` runs is judged by itself."""
    if command.program in ("sh", "bash"):
        return command.option("-c") is not None
    return command.program in _INERT


def _refreshes(manager: str, verb: str) -> bool:
    """Whether only the index is renewed; `yum update` installs."""
    return verb in _REFRESH and not (verb == "update" and manager in (*YUM, *ZYPPER))
