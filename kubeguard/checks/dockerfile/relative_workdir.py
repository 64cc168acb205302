"""A relative WORKDIR lies wherever the base image happens to be."""

import re
from collections.abc import Iterator

from kubeguard.checks.kit import Dockerfile, Grade, Problem, Severity, check, put

_ABSOLUTE = re.compile(r"[/\\]|[A-Za-z]:")


@check(
    "KG1037",
    "WORKDIR depends on the base image",
    on=Dockerfile,
    severity=Severity.LOW,
    like=(
        "trivy:DS-0009",
        "checkov:CKV_DOCKER_10",
        "hadolint:DL3000",
        "buildkit:WorkdirRelativePath",
    ),
)
def relative_workdir(dockerfile: Dockerfile) -> Iterator[Problem]:
    settled = set()
    for stage in dockerfile.stages:
        known = stage.parent in settled
        for instruction in stage.all("WORKDIR"):
            word = instruction.words[0] if instruction.words else None
            if word is None:
                continue
            if word.value is None or _ABSOLUTE.match(word.value):
                known = True
            elif not known and word.value not in ("", ".", "./"):
                message = f"{word.value!r} is relative to a folder that only the base image knows"
                fix = put(
                    word.node, f"/{word.value}", grade=Grade.UNSAFE, hint="name the whole path"
                )
                yield Problem(word.node, message, fix)
        if known:
            settled.add(stage)
