"""A file that everybody may write is a file that any intruder may replace."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from kubeguard.checks.dockerfile._modes import without_others, world_writable
from kubeguard.checks.dockerfile._options import settings
from kubeguard.checks.kit import (
    Command,
    Fix,
    Grade,
    Instruction,
    Node,
    Problem,
    Severity,
    advise,
    check,
    put,
)

_MODES = {"mkdir": ("-m", "--mode"), "install": ("-m", "--mode")}
"""The words before a mode."""


@check(
    "KG1025",
    "Files are writable by everybody",
    on=Instruction,
    severity=Severity.MEDIUM,
    refs=("CWE-732", "MITRE T1222"),
)
def world_writable_files(instruction: Instruction) -> Iterator[Problem]:
    for where, mode in _modes(instruction):
        if world_writable(mode):
            message = f"mode {mode} lets every user of the container replace the files"
            yield Problem(where, message, _fix(where, mode))


def _modes(instruction: Instruction) -> Iterator[tuple[Node, str]]:
    """The modes that COPY, ADD, chmod, mkdir and install give."""
    if instruction.keyword in ("COPY", "ADD"):
        chmod = instruction.flag("chmod")
        if chmod:
            yield chmod.node, chmod.text
    elif instruction.keyword == "RUN":
        for number, command in enumerate(instruction.commands):
            if command.program == "chmod" and not command.option("--reference"):
                for word in command.operands[:1]:
                    if not _removed(command, instruction.commands[number:]):
                        yield word.node, word.text
            else:
                modes = _MODES.get(command.program, ())
                for name, value, where in settings(command) if modes else ():
                    if name in modes:
                        yield where, value


def _removed(chmod: Command, later: Sequence[Command]) -> bool:
    """Whether all that is changed is gone by the end of the step."""
    gone = {word.text for command in later if command.program == "rm" for word in command.operands}
    changed = {word.text for word in chmod.operands[1:]}
    return bool(changed) and changed <= gone


def _fix(where: Node, mode: str) -> Fix:
    safer = without_others(mode)
    if safer and where.text == mode:
        return put(where, safer, grade=Grade.UNSAFE, hint=f"give {safer}, and chown to the user")
    return advise("give the files to the user that needs them: chown, and o-w")
