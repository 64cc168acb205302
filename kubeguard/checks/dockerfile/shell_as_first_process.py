"""A shell that is process 1 keeps the stop signal to itself, and the program is killed."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from kubeguard.checks.kit import (
    Dockerfile,
    Edit,
    Fix,
    Grade,
    Instruction,
    Problem,
    Profile,
    Severity,
    advise,
    behind_shell,
    check,
)

_PLAIN = re.compile(r"[\w@%+=:,./ -]+")


@check(
    "KG1035",
    "Program starts behind a shell",
    on=Dockerfile,
    severity=Severity.LOW,
    profile=Profile.PEDANTIC,
    like=("hadolint:DL3025", "buildkit:JSONArgsRecommended"),
)
def shell_as_first_process(dockerfile: Dockerfile) -> Iterator[Problem]:
    started = _started(dockerfile)
    if started is None or started.json_form or not started.words or _chosen(dockerfile):
        return
    program = behind_shell(started.commands)
    if program:
        message = f"{started.keyword} starts {program[:40]!r} behind a shell that keeps the signals"
        yield Problem(started.words[0].node, message, _fix(started))


def _started(dockerfile: Dockerfile) -> Instruction | None:
    """The ENTRYPOINT if a shell runs it, else the CMD, which an ENTRYPOINT usually executes."""
    command = None
    for stage in dockerfile.lineage(dockerfile.final) if dockerfile.final else ():
        command = command or next(reversed(tuple(stage.all("CMD"))), None)
        for entrypoint in reversed(tuple(stage.all("ENTRYPOINT"))):
            return command if command and entrypoint.json_form else entrypoint
    return command


def _chosen(dockerfile: Dockerfile) -> bool:
    """Whether the author picked the shell: with SHELL it is there on purpose."""
    final = dockerfile.final
    return final is not None and any(any(s.all("SHELL")) for s in dockerfile.lineage(final))


def _fix(started: Instruction) -> Fix:
    line = started.words[0].node.text
    if len(started.commands) == 1 and _PLAIN.fullmatch(line):
        array = json.dumps(line.split())
        return Fix(f"write {array[:60]}", Grade.SAFE, (Edit(started.words[0].node, array),))
    return advise("write a JSON array, or start the program with exec")
