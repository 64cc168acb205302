"""A Debian package that is not authenticated may come from anybody."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kubeguard.checks.dockerfile._packages import APT, apt_setting
from kubeguard.checks.dockerfile._verification import commands
from kubeguard.checks.dockerfile._written import settled
from kubeguard.checks.kit import Command, Instruction, Node, Problem, Severity, advise, check

_OPTIONS = ("--allow-unauthenticated", "--force-yes", "--allow-insecure-repositories")
_SETTINGS = (
    "APT::Get::AllowUnauthenticated",
    "APT::Get::force-yes",
    "Acquire::AllowInsecureRepositories",
)
_ON = frozenset({"1", "true", "yes", "on", "with", "enable"})
_TRUSTED = re.compile(
    r"(?im)\bdeb(-src)?\s+\[[^\]]{0,500}\btrusted=yes\b[^\]]{0,500}\]\s*+(?!file:)"
    r"|^[ \t]*Trusted:\s*yes\b"
)
_CONFIGURED = re.compile(
    r"(?i)(AllowUnauthenticated|force-yes|AllowInsecureRepositories)\W+(true|1|yes)\b"
)


@check(
    "KG1023",
    "apt installs unauthenticated packages",
    on=Instruction,
    severity=Severity.HIGH,
    refs=("CIS-Docker 4.11", "SLSA", "CWE-347", "MITRE T1195"),
    like=("checkov:CKV2_DOCKER_8", "checkov:CKV2_DOCKER_11"),
)
def unsigned_apt_packages(instruction: Instruction) -> Iterator[Problem]:
    hint = advise("add the repository's key, and name it with signed-by")
    for command in commands(instruction, *APT):
        for where, text in _told(command):
            yield Problem(where, f"{command.program} {text} takes packages nobody signed", hint)
    for setting in (_TRUSTED, _CONFIGURED):
        for where in settled(instruction, setting):
            yield Problem(where, "apt is told to take packages that nobody signed", hint)


def _told(command: Command) -> Iterator[tuple[Node, str]]:
    option = command.option(*_OPTIONS)
    if option and option.text.partition("=")[2].lower() in ("", *_ON):
        yield option.node, option.text
    for setting in _SETTINGS:
        if apt_setting(command, setting) in _ON:
            yield command.node, setting
