"""An image without USER runs as root unless its base thought better of it."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from kubeguard.checks.dockerfile._user import last_user, step_down
from kubeguard.checks.kit import Dockerfile, ImageReference, Problem, Severity, Stage, check

_NON_ROOT = (
    *("*:*nonroot*", "*:*rootless*", "*:*-chiseled*", "*/*-unprivileged:*"),
    *("cgr.dev/*", "!cgr.dev/*-base:*", "dhi.io/*", "!dhi.io/*:*-dev*"),
    *("registry.access.redhat.com/ubi*/*", "!registry.access.redhat.com/ubi*/ubi*"),
    *("registry.redhat.io/ubi*/*", "!registry.redhat.io/ubi*/ubi*"),
    *("docker.io/bitnami/*", "docker.io/bitnamilegacy/*", "!docker.io/bitnami*/minideb*"),
    *("docker.elastic.co/*", "docker.io/library/elasticsearch:*", "docker.io/library/kibana:*"),
    *("docker.io/library/haproxy:*", "docker.io/library/memcached:*", "docker.io/curlimages/*"),
    *("docker.io/jenkins/jenkins:*", "docker.io/jenkins/agent:*", "docker.io/jenkins/inbound*"),
    *("docker.io/jupyter/*", "quay.io/jupyter/*", "docker.io/apache/airflow:*"),
    *("docker.io/prom/*", "quay.io/prometheus/*", "docker.io/grafana/grafana*:*"),
    *("docker.io/selenium/*", "docker.io/library/sonarqube:*", "quay.io/keycloak/keycloak:*"),
    "mcr.microsoft.com/windows/*",
)
"""Globs of images with a user of their own; those after `!` are exceptions."""


@check(
    "KG1002",
    "Image does not say who it runs as",
    on=Dockerfile,
    severity=Severity.HIGH,
    refs=("CIS-Docker 4.1", "PSS restricted", "NSA-CISA pod security", "CWE-250"),
    like=("trivy:DS-0002", "checkov:CKV_DOCKER_3"),
)
def missing_image_user(
    dockerfile: Dockerfile, *, non_root_bases: tuple[str, ...] = _NON_ROOT
) -> Iterator[Problem]:
    final = dockerfile.final
    if final is None or last_user(dockerfile):
        return
    first = tuple(dockerfile.lineage(final))[-1]
    image = first.image
    if image and _matches(image, non_root_bases):
        return
    if image is None and first.base.value == "scratch" and not _runs(dockerfile, final):
        return
    base = first.base.text
    unless = "" if base == "scratch" else f", unless {base!r} sets a user"
    message = f"no USER in the final stage: the image runs as root{unless}"
    yield Problem(final.base.node, message, step_down(final))


def _matches(image: ImageReference, globs: tuple[str, ...]) -> bool:
    name = f"{image.registry}/{image.repository}:{image.tag}"
    fits = {glob[:1] for glob in globs if fnmatchcase(name, glob.removeprefix("!"))}
    return bool(fits) and "!" not in fits


def _runs(dockerfile: Dockerfile, final: Stage) -> bool:
    """Whether anything can be started: a stage of bare files is for `build --output`."""
    return any(any(stage.all("CMD", "ENTRYPOINT")) for stage in dockerfile.lineage(final))
