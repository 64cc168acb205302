"""A package index that nobody reads again makes every pull longer."""

from collections.abc import Iterator

from kubeguard.checks.dockerfile._mounts import has_mount
from kubeguard.checks.dockerfile._packages import APK, requests
from kubeguard.checks.dockerfile._stages import shipped
from kubeguard.checks.kit import Dockerfile, Instruction, Problem, Profile, Severity, check, put

_CACHE = "/var/cache/apk"


@check(
    "KG1033",
    "apk keeps its index in the layer",
    on=Dockerfile,
    severity=Severity.INFO,
    profile=Profile.PEDANTIC,
    like=("trivy:DS-0025", "hadolint:DL3019"),
)
def apk_index_in_layer(dockerfile: Dockerfile) -> Iterator[Problem]:
    for instruction in shipped(dockerfile):
        for request in requests(instruction, APK):
            if request.verb.text != "add" or not request.sure:
                continue
            if request.command.option("--no-cache") or _is_emptied(instruction):
                continue
            verb = request.verb.node
            fix = put(verb, "add --no-cache", hint="add --no-cache")
            yield Problem(verb, "apk add without --no-cache leaves its index in the layer", fix)


def _is_emptied(instruction: Instruction) -> bool:
    """Whether the cache is a mount, or removed at the end of the same RUN."""
    if has_mount(instruction, _CACHE, "/etc/apk/cache"):
        return True
    return any(
        command.program in ("rm", "find") and any(_CACHE in word.text for word in command.operands)
        for command in instruction.commands
    )
