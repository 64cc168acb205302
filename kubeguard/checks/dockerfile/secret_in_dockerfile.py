"""A secret in a Dockerfile is known to everybody who has the repository or the image."""

from __future__ import annotations

from collections.abc import Iterator

from kubeguard.checks.dockerfile._environment import settings_of
from kubeguard.checks.kit import (
    Dockerfile,
    Instruction,
    Node,
    Problem,
    Profile,
    Severity,
    advise,
    check,
    credentials,
)

_HINT = "use RUN --mount=type=secret for the build, and a mounted Secret for the program"


@check(
    "KG1006",
    "Secret is written into the Dockerfile",
    on=Dockerfile,
    severity=Severity.CRITICAL,
    profile=Profile.BASELINE,
    refs=("CIS-Docker 4.10", "CWE-798", "MITRE T1552"),
    like=("trivy:DS-0031", "hadolint:DL3064", "buildkit:SecretsUsedInArgOrEnv"),
)
def secret_in_dockerfile(dockerfile: Dockerfile) -> Iterator[Problem]:
    recognised = bool(credentials.find(dockerfile.node.source.text))
    for instruction in dockerfile.instructions:
        for name, where, value in settings_of(instruction):
            found = credentials.literal(name, value)
            if found:
                secret = credentials.hint(value[found.start : found.end])
                message = f"{instruction.keyword} {name[:40]} is a {found.kind}{secret}"
                yield Problem(where, message, advise(_HINT))
        for where in _texts(instruction) if recognised else ():
            for found in credentials.find(where.text):
                secret = credentials.hint(where.text[found.start : found.end])
                message = f"{instruction.keyword} holds a {found.kind}{secret}"
                yield Problem(where, message, advise(_HINT))


def _texts(instruction: Instruction) -> Iterator[Node]:
    """Every word that is no setting, of a shell command or not."""
    if instruction.keyword in ("ENV", "ARG", "LABEL"):
        return
    for heredoc in instruction.heredocs:
        yield heredoc.body
    commands = instruction.commands
    for command in commands:
        yield from (word.node for word in command.words)
    if not commands:
        yield from (word.node for word in instruction.words)
