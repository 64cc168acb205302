"""Without its certificate check, curl takes any file from anybody on the way."""

from collections.abc import Iterator
from itertools import takewhile

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
    valued = False
    for word in command.arguments:
        if not valued and _switches_off(word.text):
            return word
        valued = not valued and _takes_next(word.text)
    return None


def _switches_off(text: str) -> bool:
    return text in ("--insecure", "--proxy-insecure") or "k" in _flags(text)


def _takes_next(text: str) -> bool:
    """Whether the next word is the value of this option: `-o`, `-fo`, but not `-ofile`."""
    return text[:1] == "-" and text[-1] in _VALUED and text[1:-1] == _flags(text)


def _flags(text: str) -> str:
    """The letters of `-fsSLo` that stand before the first one with a value."""
    if text[:1] != "-" or text[1:2] == "-":
        return ""
    return "".join(takewhile(lambda letter: letter not in _VALUED, text[1:]))
