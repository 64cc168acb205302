"""An RPM package without a checked signature may come from anybody."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kubeguard.checks.dockerfile._packages import YUM, ZYPPER
from kubeguard.checks.dockerfile._verification import commands
from kubeguard.checks.dockerfile._written import settled
from kubeguard.checks.kit import Command, Instruction, Problem, Severity, Word, advise, check

_OPTIONS = (
    *("--nogpgcheck", "--no-gpgchecks", "--no-gpg-checks", "--gpgcheck-off"),
    *("--allow-unsigned-rpm", "--nosignature", "--nodigest"),
)
_OFF = re.compile(r"(?im)(?:^|[.=\s])(?:pkg_|local_|localpkg_)?gpgcheck\s*=\s*(0|false|no|off)\b")
_INSTALLS = re.compile(r"-[a-zA-Z]*[iUF][a-zA-Z]*|--(install|upgrade|freshen|reinstall)")


@check(
    "KG1024",
    "Package signatures are not checked by yum, dnf, zypper or rpm",
    on=Instruction,
    severity=Severity.HIGH,
    refs=("CIS-Docker 4.11", "SLSA", "CWE-347", "MITRE T1195"),
    like=("checkov:CKV2_DOCKER_9", "checkov:CKV2_DOCKER_10"),
)
def unsigned_rpm_packages(instruction: Instruction) -> Iterator[Problem]:
    hint = advise("import the vendor's key: rpm --import")
    for command in commands(instruction, *YUM, *ZYPPER, "rpm", "yum-config-manager"):
        word = _unchecked(command)
        if word:
            message = f"{command.program} {word.text[:40]} installs packages that nobody signed"
            yield Problem(word.node, message, hint)
    for where in settled(instruction, _OFF):
        yield Problem(where, "gpgcheck is off: packages need no signature", hint)


def _unchecked(command: Command) -> Word | None:
    if command.program == "rpm" and not _installs(command):
        return None
    for word in command.arguments:
        if word.text in _OPTIONS or _OFF.search(word.text):
            return word
    return None


def _installs(command: Command) -> bool:
    """Whether rpm changes the system; queries skip signatures for speed."""
    texts = [word.text for word in command.arguments]
    asks = any(re.fullmatch(r"-[a-z]*q[a-z]*|--query|-[a-z]*V[a-z]*", text) for text in texts)
    return not asks and any(map(_INSTALLS.fullmatch, texts))
