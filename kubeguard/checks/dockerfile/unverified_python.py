"""One variable turns off certificate checks in every old Python program of the image."""

from collections.abc import Iterator

from kubeguard.checks.dockerfile._environment import assigned
from kubeguard.checks.dockerfile._verification import back_to
from kubeguard.checks.kit import Instruction, Problem, Severity, check


@check(
    "KG1017",
    "Python does not check certificates",
    on=Instruction,
    severity=Severity.MEDIUM,
    refs=("CWE-295", "MITRE T1557"),
    like=("checkov:CKV2_DOCKER_5",),
)
def unverified_python(instruction: Instruction) -> Iterator[Problem]:
    for where, value in assigned(instruction, "PYTHONHTTPSVERIFY"):
        if value == "0":
            message = "PYTHONHTTPSVERIFY=0 makes Python accept any certificate"
            yield Problem(where, message, back_to(where, "1"))
