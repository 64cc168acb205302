"""A stage cannot take files from itself."""

from collections.abc import Iterator

from kubeguard.checks.dockerfile._stages import origins
from kubeguard.checks.kit import Dockerfile, Problem, Profile, Severity, advise, check


@check(
    "KG1040",
    "Stage copies from itself",
    on=Dockerfile,
    severity=Severity.MEDIUM,
    profile=Profile.BASELINE,
    like=("trivy:DS-0006", "hadolint:DL3023"),
)
def copy_from_itself(dockerfile: Dockerfile) -> Iterator[Problem]:
    for origin in origins(dockerfile):
        earlier = dockerfile.stages[: origin.stage.index]
        if origin.names(origin.stage) and not any(map(origin.names, earlier)):
            message = f"{origin.name!r} is the stage that is being built here"
            yield Problem(
                origin.node, message, advise("name the earlier stage, or leave out --from")
            )
