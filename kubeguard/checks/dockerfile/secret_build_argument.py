"""What --build-arg passes is no secret: it stays in the history and the provenance of the image."""

import re
from collections.abc import Iterator

from kubeguard.checks.kit import Instruction, Problem, Severity, Word, advise, check, credentials

_VARIABLE = re.compile(r"\$\{?(\w+)")


@check(
    "KG1007",
    "Secret is passed as a build argument",
    on=Instruction,
    severity=Severity.MEDIUM,
    refs=("CIS-Docker 4.10", "CWE-538", "MITRE T1552"),
    like=("hadolint:DL3064", "buildkit:SecretsUsedInArgOrEnv"),
)
def secret_build_argument(instruction: Instruction) -> Iterator[Problem]:
    keyword = instruction.keyword
    if keyword not in ("ARG", "ENV") or instruction.stage is None:
        return
    for key, value in instruction.pairs:
        if value.value or not credentials.secret_key(key.text):
            continue
        if keyword == "ARG" or _from_argument(instruction, value):
            message = f"{keyword} {key.text} takes a secret from --build-arg"
            mount = f"--mount=type=secret,id={key.text},env={key.text}"
            hint = f"give it to the step that needs it: RUN {mount}"
            yield Problem(key.node, message, advise(hint))


def _from_argument(instruction: Instruction, value: Word) -> bool:
    """Whether the value of an ENV is that of an ARG in the same stage or one below."""
    names = set(_VARIABLE.findall(value.node.text))
    stage = instruction.stage if names else None
    while stage is not None:
        if any(key.text in names for arg in stage.all("ARG") for key, _ in arg.pairs):
            return True
        stage = stage.parent
    return False
