"""A secret in a Dockerfile is known to everybody who has the repository or the image."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain

from kubeguard.checks.kit import (
    Credential,
    Dockerfile,
    Instruction,
    Node,
    Problem,
    Profile,
    Severity,
    advise,
    check,
    credentials,
    part,
)

_JOINT = re.compile(r"(?:[\\`][ \t]*+\r?)?\n(?:[ \t]*+(?:#[^\n]*+)?\n)*+")
"""Between the lines of one instruction, with the comments there."""
_HINT = "use RUN --mount=type=secret for the build, and a mounted Secret for the program"

_Found = tuple[Node, str, Credential, str]
"""Where to look, the name that the secret stands under, what it is, and the text it is in."""


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
    for outer in dockerfile.instructions:
        instruction = outer.trigger or outer
        for where, name, found, text in chain(_said(instruction), _in_files(instruction)):
            does = f"sets {name[:40]} to" if name else "holds"
            secret = credentials.hint(text[found.start : found.end])
            message = f"{instruction.keyword} {does} a literal {found.kind}{secret}"
            yield Problem(where, message, advise(_HINT))


def _said(instruction: Instruction) -> Iterator[_Found]:
    """Secrets on the lines of the instruction itself."""
    if instruction.keyword in ("ENV", "ARG", "LABEL"):
        yield from _settings(instruction)
    elif instruction.json_form:
        words = instruction.words
        for number, name, found in credentials.in_arguments([word.text for word in words]):
            yield words[number].node, name, found, words[number].text
    else:
        for word in instruction.words:
            text = _JOINT.sub(lambda joint: " " * len(joint[0]), word.node.text)
            for name, found in credentials.in_options(text):
                yield part(word.node, found.start, found.end), name, found, text


def _settings(instruction: Instruction) -> Iterator[_Found]:
    """Values that are a secret, or that hold one among their options."""
    for key, value in instruction.pairs:
        if value.node.exists:
            whole = credentials.literal(key.text, value.text)
            named = [(key.text, whole)] if whole else credentials.in_options(value.text)
            for name, found in named:
                yield value.node, name, found, value.text


def _in_files(instruction: Instruction) -> Iterator[_Found]:
    """Secrets in here-documents: files that COPY and ADD write, and what a RUN is fed with."""
    written = instruction.words[-1:] if instruction.keyword in ("ADD", "COPY") else ()
    target = written[0].text if written else ""
    for heredoc in instruction.heredocs:
        text = heredoc.body.text
        named = [*credentials.in_text(target, text)]
        if instruction.keyword == "RUN":
            named += credentials.in_options(text)
        for name, found in {found.start: (name, found) for name, found in named}.values():
            yield part(heredoc.body, found.start, found.end), name, found, text
