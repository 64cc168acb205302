"""Without its certificate check, wget takes any file from anybody on the way."""

import re
from collections.abc import Iterator

from kubeguard.checks.dockerfile._verification import commands, stays_here, trust_the_ca, without
from kubeguard.checks.dockerfile._written import settled
from kubeguard.checks.kit import Instruction, Problem, Severity, check

_FILE = re.compile(r"(?im)^[ \t]*check[-_]?certificate\s*=\s*(off|no|0)\b")


@check(
    "KG1015",
    "wget does not check certificates",
    on=Instruction,
    severity=Severity.HIGH,
    refs=("CIS-Docker 4.11", "CWE-295", "MITRE T1557"),
    like=("checkov:CKV2_DOCKER_3",),
)
def unverified_wget(instruction: Instruction) -> Iterator[Problem]:
    for command in commands(instruction, "wget", "wget2"):
        for word in command.arguments:
            if word.text.startswith("--no-check-cert") and not stays_here(command):
                message = f"wget {word.text} accepts any certificate"
                yield Problem(word.node, message, without(word))
                break
    for where in settled(instruction, _FILE):
        message = "check_certificate is off: wget accepts any certificate"
        yield Problem(where, message, trust_the_ca())
