"""A pipe succeeds when its last command does, whatever broke before it."""

from __future__ import annotations

from collections.abc import Iterator

from kubeguard.checks.kit import Command, Instruction, Problem, Profile, Severity, advise, check

_CANNOT_FAIL = frozenset({"", ":", "cat", "date", "echo", "env", "printf", "seq", "true", "yes"})


@check(
    "KG1034",
    "Failure inside a pipe is lost",
    on=Instruction,
    severity=Severity.LOW,
    profile=Profile.PEDANTIC,
    like=("hadolint:DL4006",),
)
def pipe_without_pipefail(instruction: Instruction) -> Iterator[Problem]:
    if instruction.keyword != "RUN":
        return
    commands = instruction.commands
    said: set[int] = set()
    inner = {id(command.piped_from) for command in commands if command.piped_from}
    for command in commands:
        ends_pipe = not command.pipefail and id(command) not in inner
        lost = _first_that_can_fail(command) if ends_pipe else None
        if lost and id(lost) not in said:
            said.add(id(lost))
            message = f"when {lost.program} fails, {command.program} hides it from the build"
            hint = 'put SHELL ["/bin/bash", "-o", "pipefail", "-c"] before, or set -o pipefail'
            yield Problem(lost.node, message, advise(hint))


def _first_that_can_fail(last: Command) -> Command | None:
    """The command farthest to the left of this pipe whose failure would matter."""
    lost, before = None, last.piped_from
    while before is not None:
        if before.program not in _CANNOT_FAIL:
            lost = before
        before = before.piped_from
    return lost
