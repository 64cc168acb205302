"""A cd lasts as long as its RUN; WORKDIR says where the rest happens."""

from collections.abc import Iterator

from kubeguard.checks.kit import Instruction, Problem, Profile, Severity, advise, check


@check(
    "KG1036",
    "Build step changes its folder by cd",
    on=Instruction,
    severity=Severity.INFO,
    profile=Profile.PEDANTIC,
    like=("trivy:DS-0013", "hadolint:DL3003"),
)
def cd_in_run(instruction: Instruction) -> Iterator[Problem]:
    if instruction.keyword != "RUN" or not instruction.commands:
        return
    first, last = instruction.commands[0], instruction.commands[-1]
    if last.program == "cd":
        message = "this cd has no effect: the next step starts where this one did"
        yield Problem(last.node, message, advise("use WORKDIR"))
    elif first.program == "cd" and first.operands:
        message = f"the whole step happens in {first.operands[0].text[:60]!r}"
        yield Problem(first.node, message, advise("use WORKDIR before this RUN"))
