"""A sudo that works in the build works for whoever breaks into the container, too."""

from collections.abc import Iterator

from kubeguard.checks.kit import Command, Instruction, Node, Problem, Severity, advise, check


@check(
    "KG1004",
    "Build step calls sudo",
    on=Instruction,
    severity=Severity.MEDIUM,
    refs=("CWE-250", "MITRE T1548"),
    like=("trivy:DS-0010", "checkov:CKV2_DOCKER_1", "hadolint:DL3004"),
)
def sudo_in_build(instruction: Instruction) -> Iterator[Problem]:
    if instruction.keyword not in ("RUN", "CMD", "ENTRYPOINT"):
        return
    for command in instruction.commands:
        where = _sudo(command)
        if where is not None:
            program = command.program
            message = f"{program!r} is started by sudo" if program != "sudo" else "sudo is called"
            yield Problem(where, message, advise("call it plainly, after USER root if need be"))


def _sudo(command: Command) -> Node | None:
    if command.program == "sudo":
        return command.node
    for word in command.wrappers:
        if word.text.rpartition("/")[2] == "sudo":
            return word.node
    return None
