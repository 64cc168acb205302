"""An image without USER runs as root unless its base thought better of it."""

from collections.abc import Iterator
from fnmatch import fnmatchcase

from kubeguard.checks.dockerfile._user import last_user, step_down
from kubeguard.checks.kit import Dockerfile, ImageReference, Problem, Severity, Stage, check

_NON_ROOT = (
    "*:*nonroot*",
    "*:*rootless*",
    "*:*-chiseled*",
    "*/*-unprivileged:*",
    "cgr.dev/chainguard/[!w]*:*",
    "docker.elastic.co/*",
    "docker.io/apache/airflow:*",
    "docker.io/bitnami/*",
    "docker.io/bitnamilegacy/*",
    "docker.io/curlimages/curl:*",
    "docker.io/grafana/*",
    "docker.io/jenkins/*",
    "docker.io/jupyter/*",
    "docker.io/library/elasticsearch:*",
    "docker.io/library/haproxy:*",
    "docker.io/library/kibana:*",
    "docker.io/library/memcached:*",
    "docker.io/library/sonarqube:*",
    "docker.io/prom/*",
    "docker.io/selenium/*",
    "quay.io/jupyter/*",
    "quay.io/keycloak/keycloak:*",
    "quay.io/prometheus/*",
    "mcr.microsoft.com/windows/*",
)


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
    inherited = "" if base == "scratch" else f" unless {base!r} sets a user"
    message = f"no USER in the final stage: the image runs as root{inherited}"
    yield Problem(final.base.node, message, step_down(final))


def _matches(image: ImageReference, globs: tuple[str, ...]) -> bool:
    name = f"{image.registry}/{image.repository}:{image.tag}"
    return any(fnmatchcase(name, glob) for glob in globs)


def _runs(dockerfile: Dockerfile, final: Stage) -> bool:
    """Whether anything can be started: a stage of bare files is for `build --output`."""
    return any(any(stage.all("CMD", "ENTRYPOINT")) for stage in dockerfile.lineage(final))
