"""Of several CMD, ENTRYPOINT or HEALTHCHECK in a stage, only the last one counts."""

from collections.abc import Iterator

from kubeguard.checks.kit import Grade, Problem, Severity, Stage, check, drop


@check(
    "KG1042",
    "CMD, ENTRYPOINT or HEALTHCHECK has no effect",
    on=Stage,
    severity=Severity.LOW,
    like=(
        *("trivy:DS-0016", "trivy:DS-0007", "trivy:DS-0023"),
        *("hadolint:DL4003", "hadolint:DL4004", "hadolint:DL3012"),
        "buildkit:MultipleInstructionsDisallowed",
    ),
)
def overridden_instruction(stage: Stage) -> Iterator[Problem]:
    for keyword in ("CMD", "ENTRYPOINT", "HEALTHCHECK"):
        for instruction in tuple(stage.all(keyword))[:-1]:
            message = f"a later {keyword} of the same stage replaces this one"
            fix = drop(instruction.node, grade=Grade.SAFE, hint=f"remove this {keyword}")
            yield Problem(instruction.node, message, fix)
