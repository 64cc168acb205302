"""Without its certificate check, git clones whatever repository somebody on the way serves."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kubeguard.checks.dockerfile._environment import assigned
from kubeguard.checks.dockerfile._options import settings
from kubeguard.checks.dockerfile._verification import FALSE, commands, trust_the_ca
from kubeguard.checks.dockerfile._written import settled
from kubeguard.checks.kit import Command, Instruction, Node, Problem, Severity, check

_KEY = re.compile(r"(?i)http\.(.+\.)?sslverify")
_FILE = re.compile(r"(?im)^\[http\b[^\]\n]*\][^\[]*?\bsslverify\s*=\s*\"?(false|0|no|off)\b")
_MESSAGE = "http.sslVerify is off: git trusts any server"


@check(
    "KG1020",
    "git does not check certificates",
    on=Instruction,
    severity=Severity.HIGH,
    refs=("CWE-295", "MITRE T1557", "MITRE T1195"),
    like=("checkov:CKV2_DOCKER_14",),
)
def unverified_git(instruction: Instruction) -> Iterator[Problem]:
    for where, value in assigned(instruction, "GIT_SSL_NO_VERIFY"):
        message = f"git asks only whether GIT_SSL_NO_VERIFY is set, not that it is {value[:20]!r}"
        yield Problem(where, message, trust_the_ca())
    for command in commands(instruction, "git"):
        for where in _switched_off(command):
            yield Problem(where, _MESSAGE, trust_the_ca())
    for where in settled(instruction, _FILE):
        yield Problem(where, _MESSAGE, trust_the_ca())


def _switched_off(command: Command) -> Iterator[Node]:
    """`git -c http.sslVerify=false`, `git config --global http.sslVerify false`."""
    for name, value, where in settings(command):
        if _KEY.fullmatch(name) and value.lower() in FALSE:
            yield where
