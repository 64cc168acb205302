"""Docker takes a program that hangs for one that works, unless it is told how to ask."""

from collections.abc import Iterator

from kubeguard.checks.kit import Dockerfile, Problem, Profile, Severity, Stage, advise, check


@check(
    "KG1047",
    "Image has no health check",
    on=Dockerfile,
    severity=Severity.LOW,
    profile=Profile.PEDANTIC,
    refs=("CIS-Docker 4.6",),
    like=("trivy:DS-0026", "checkov:CKV_DOCKER_2"),
)
def missing_healthcheck(dockerfile: Dockerfile) -> Iterator[Problem]:
    final = dockerfile.final
    if final is None:
        return
    lineage = [*dockerfile.lineage(final)]
    last = next((each for stage in lineage for each in reversed([*stage.all("HEALTHCHECK")])), None)
    hint = "add HEALTHCHECK, or probes where Kubernetes runs it"
    if last is not None and last.words and last.words[0].text.upper() == "NONE":
        yield Problem(last.node, "the health check is switched off", advise(hint))
    elif last is None and _starts(lineage):
        yield Problem(final.node, "the image has no health check", advise(hint))


def _starts(lineage: list[Stage]) -> bool:
    """Whether it names a program; other images are mostly there to be built upon."""
    return any(True for stage in lineage for _ in stage.all("CMD", "ENTRYPOINT"))
