"""Without its certificate check, curl takes any file from anybody on the way."""

from collections.abc import Iterator

from kubeguard.checks.dockerfile._verification import commands, stays_here, without
from kubeguard.checks.kit import Command, Instruction, Problem, Severity, Word, check

_VALUED = frozenset("AbcCdDeEFhHKmoPQrtTuUwxXyYz")
"""The letters of curl after which the rest of the word is a value: `-okubectl` is no `-k`."""


@check(
    "KG1014",
    "curl does not check certificates",
    on=Instruction,
    severity=Severity.HIGH,
    refs=("CIS-Docker 4.11", "CWE-295", "MITRE T1557"),
    like=("checkov:CKV2_DOCKER_2",),
)
def unverified_curl(instruction: Instruction) -> Iterator[Problem]:
    for command in commands(instruction, "curl"):
        option = _insecure(command)
        if option and not stays_here(command):
            message = f"curl {option.text} accepts any certificate"
            yield Problem(option.node, message, without(option, "k"))


def _insecure(command: Command) -> Word | None:
    return next((word for word in command.arguments if _switches_off(word.text)), None)


def _switches_off(text: str) -> bool:
    if text.startswith("--"):
        return text in ("--insecure", "--proxy-insecure")
    if text.startswith("-"):
        for letter in text[1:]:
            if letter == "k" or letter in _VALUED:
                return letter == "k"
    return False
