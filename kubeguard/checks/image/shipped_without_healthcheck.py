"""Docker takes a program that hangs for one that works, unless it is told how to ask."""

from collections.abc import Iterator

from kubeguard.checks.kit import Image, Problem, Profile, Severity, advise, check


@check(
    "KG2006",
    "Built image has no health check",
    on=Image,
    severity=Severity.LOW,
    profile=Profile.PEDANTIC,
    refs=("CIS-Docker 4.6",),
    like=("trivy:DS-0026", "checkov:CKV_DOCKER_2"),
)
def shipped_without_healthcheck(image: Image) -> Iterator[Problem]:
    health = image.config["Healthcheck"]
    test = health.get("Test")
    words = test if isinstance(test, list) else []
    if image.starts and words[:1] in ([], ["NONE"]):
        says = "its health check is switched off" if words else "the image has no health check"
        yield Problem(health, says, advise("add HEALTHCHECK, or probes where Kubernetes runs it"))
