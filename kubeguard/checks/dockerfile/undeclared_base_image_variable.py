"""What FROM starts from has to be known before the first stage begins."""

from collections.abc import Iterator

from kubeguard.checks.kit import Problem, Profile, Severity, Stage, advise, check


@check(
    "KG1045",
    "FROM uses a variable that is not declared",
    on=Stage,
    severity=Severity.MEDIUM,
    profile=Profile.BASELINE,
    like=("buildkit:UndefinedArgInFrom",),
)
def undeclared_base_image_variable(stage: Stage) -> Iterator[Problem]:
    begin = stage.instructions[0]
    for word in (*begin.words[:1], *begin.flags.get("platform", ())):
        for name in word.unknown:
            message = f"no ARG before the first FROM declares {name}"
            yield Problem(word.node, message, advise(f"put ARG {name}=... before the first FROM"))
