"""A package manager that accepts any certificate takes its metadata from anybody."""

import re
from collections.abc import Iterator

from kubeguard.checks.dockerfile._verification import trust_the_ca
from kubeguard.checks.dockerfile._written import settled
from kubeguard.checks.kit import Instruction, Problem, Severity, check

_PROGRAMS = frozenset({"yum", "dnf", "dnf5", "microdnf", "tdnf", "yum-config-manager"})
_OFF = re.compile(r"(?im)(?:^|[.=\s])sslverify\s*=\s*(0|false|no|off)\b")
_FILE = re.compile(rf"(?im)\A(?![\s\S]*^\[http)[\s\S]*?{_OFF.pattern.removeprefix('(?im)')}")
"""In a file, but not in one for git, which has the same setting."""


@check(
    "KG1021",
    "yum or dnf does not check certificates",
    on=Instruction,
    severity=Severity.HIGH,
    refs=("CWE-295", "MITRE T1557", "MITRE T1195"),
    like=("checkov:CKV2_DOCKER_15",),
)
def unverified_yum(instruction: Instruction) -> Iterator[Problem]:
    message = "sslverify is off: repositories are read from whoever answers"
    if instruction.keyword == "RUN":
        for command in instruction.commands:
            for word in command.arguments if command.program in _PROGRAMS else ():
                if _OFF.search(word.text):
                    yield Problem(word.node, message, trust_the_ca())
    for where in settled(instruction, _FILE):
        yield Problem(where, message, trust_the_ca())
