"""An Alpine package without a signature may come from anybody."""

from collections.abc import Iterator

from kubeguard.checks.dockerfile._packages import APK, requests
from kubeguard.checks.dockerfile._verification import without
from kubeguard.checks.kit import Instruction, Problem, Severity, check


@check(
    "KG1022",
    "apk installs unsigned packages",
    on=Instruction,
    severity=Severity.HIGH,
    refs=("CIS-Docker 4.11", "SLSA", "CWE-347", "MITRE T1195"),
    like=("checkov:CKV2_DOCKER_7",),
)
def unsigned_apk_packages(instruction: Instruction) -> Iterator[Problem]:
    for request in requests(instruction, APK):
        option = request.command.option("--allow-untrusted")
        if option and request.verb.text in ("add", "fix", "upgrade"):
            message = "apk --allow-untrusted installs packages that nobody signed"
            yield Problem(option.node, message, without(option))
