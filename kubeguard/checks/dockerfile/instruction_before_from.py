"""Before the first FROM there is no image that an instruction could change."""

from collections.abc import Iterator

from kubeguard.checks.kit import Dockerfile, Problem, Profile, Severity, advise, check


@check(
    "KG1043",
    "Instruction stands before the first FROM",
    on=Dockerfile,
    severity=Severity.MEDIUM,
    profile=Profile.BASELINE,
    like=("hadolint:DL3061",),
)
def instruction_before_from(dockerfile: Dockerfile) -> Iterator[Problem]:
    for instruction in dockerfile.preamble:
        if instruction.keyword != "ARG":
            message = f"{instruction.keyword} stands before any FROM: the build stops here"
            yield Problem(instruction.node, message, advise("begin the stage with FROM"))
