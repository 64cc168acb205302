"""With two stages of one name, it is a guess which of them is built or copied from."""

from collections.abc import Iterator

from kubeguard.checks.kit import Dockerfile, Problem, Profile, Severity, advise, check


@check(
    "KG1041",
    "Two stages have one name",
    on=Dockerfile,
    severity=Severity.MEDIUM,
    profile=Profile.BASELINE,
    like=(
        "trivy:DS-0012",
        "checkov:CKV_DOCKER_11",
        "hadolint:DL3024",
        "buildkit:DuplicateStageName",
    ),
)
def duplicate_stage_name(dockerfile: Dockerfile) -> Iterator[Problem]:
    seen = set()
    for stage in dockerfile.stages:
        name = stage.name.lower()
        if name in seen:
            message = f"an earlier stage is called {stage.name!r}, too (case does not count)"
            yield Problem(
                stage.instructions[0].words[-1].node, message, advise("rename one of them")
            )
        if name:
            seen.add(name)
