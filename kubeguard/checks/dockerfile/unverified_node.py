"""One variable turns off certificate checks in every Node.js program of the image."""

from collections.abc import Iterator

from kubeguard.checks.dockerfile._environment import assigned
from kubeguard.checks.dockerfile._verification import back_to
from kubeguard.checks.kit import Instruction, Problem, Severity, check


@check(
    "KG1018",
    "Node.js does not check certificates",
    on=Instruction,
    severity=Severity.HIGH,
    refs=("CWE-295", "MITRE T1557"),
    like=("checkov:CKV2_DOCKER_6",),
)
def unverified_node(instruction: Instruction) -> Iterator[Problem]:
    for where, value in assigned(instruction, "NODE_TLS_REJECT_UNAUTHORIZED"):
        if value == "0":
            message = "NODE_TLS_REJECT_UNAUTHORIZED=0 makes Node.js accept any certificate"
            yield Problem(where, message, back_to(where, "1"))
