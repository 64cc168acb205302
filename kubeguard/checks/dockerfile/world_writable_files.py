"""A file that everybody may write is a file that any intruder may replace."""

from __future__ import annotations

from collections.abc import Iterator

from kubeguard.checks.dockerfile._modes import without_others, world_writable
from kubeguard.checks.dockerfile._options import settings
from kubeguard.checks.kit import (
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


@check(
    "KG1025",
    "Files are writable by everybody",
    on=Instruction,
    severity=Severity.MEDIUM,
    refs=("CWE-732", "MITRE T1222"),
    like=("agent-bom:DOCKER-012", "agent-bom:DOCKER-021"),
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
        for command in instruction.commands:
            if command.program == "chmod" and not command.option("--reference"):
                for word in command.operands[:1]:
                    yield word.node, word.text
            elif command.program in ("mkdir", "install"):
                for name, value, where in settings(command):
                    if name in ("-m", "--mode"):
                        yield where, value


def _fix(where: Node, mode: str) -> Fix:
    safer = without_others(mode)
    if safer and where.text == mode:
        return put(where, safer, grade=Grade.UNSAFE, hint=f"give {safer}, and chown to the user")
    return advise("give the files to the user that needs them: chown, and o-w")
