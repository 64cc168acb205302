"""A secret in a Dockerfile is known to everybody who has the repository or the image."""

from __future__ import annotations

import re
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

_LINE = re.compile(r"^(?:export )?([A-Za-z_]\w*)[ \t]*[=:][ \t]*[\"']?([^\s\"']+)", re.MULTILINE)
_HINT = "use RUN --mount=type=secret for the build, and a mounted Secret for the program"


@check(
    "KG1006",
    "Secret is written into the Dockerfile",
    on=Dockerfile,
    severity=Severity.HIGH,
    profile=Profile.BASELINE,
    refs=("CIS-Docker 4.10", "CWE-798", "MITRE T1552"),
    like=("trivy:DS-0031", "hadolint:DL3064", "buildkit:SecretsUsedInArgOrEnv"),
)
def secret_in_dockerfile(dockerfile: Dockerfile) -> Iterator[Problem]:
    recognised = bool(credentials.find(dockerfile.node.source.text))
    for instruction in dockerfile.instructions:
        for name, where, value in (*settings_of(instruction), *_lines(instruction)):
            found = credentials.literal(name, value)
            if found:
                secret = credentials.hint(value[found.start : found.end])
                message = (
                    f"{instruction.keyword} sets {name[:40]} to a literal {found.kind}{secret}"
                )
                yield Problem(where, message, advise(_HINT))
        for where in _words(instruction) if recognised else ():
            for found in credentials.find(where.text):
                secret = credentials.hint(where.text[found.start : found.end])
                message = f"{instruction.keyword} holds a literal {found.kind}{secret}"
                yield Problem(where, message, advise(_HINT))


def _lines(instruction: Instruction) -> Iterator[tuple[str, Node, str]]:
    """`NAME=value` in the files that COPY and ADD write from here-documents."""
    if instruction.keyword in ("COPY", "ADD"):
        for heredoc in instruction.heredocs:
            for name, value in _LINE.findall(heredoc.body.text):
                yield name, heredoc.body, value


def _words(instruction: Instruction) -> Iterator[Node]:
    """Every word, of a shell command or not, that is not the value of a setting."""
    if instruction.keyword in ("ENV", "ARG", "LABEL"):
        return
    commands = instruction.commands
    for command in commands:
        yield from (word.node for word in command.words)
    if not commands:
        yield from (word.node for word in instruction.words)
