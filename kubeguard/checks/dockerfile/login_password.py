"""Everybody who can pull the image can read the password, or crack its hash."""

from collections.abc import Iterator

from kubeguard.checks.dockerfile._options import settings
from kubeguard.checks.kit import Command, Instruction, Problem, Severity, advise, check

_LOCKED = ("*", "!", "!!", "x")


@check(
    "KG1005",
    "Build sets a login password",
    on=Instruction,
    severity=Severity.HIGH,
    refs=("CIS-Docker 4.10", "CWE-259", "MITRE T1078"),
    like=("checkov:CKV2_DOCKER_17",),
)
def login_password(instruction: Instruction) -> Iterator[Problem]:
    if instruction.keyword != "RUN":
        return
    for command in instruction.commands:
        how = _sets_password(command)
        if how:
            message = f"{command.program} {how} a login account"
            yield Problem(command.node, message, advise("lock the account: usermod -p '!' NAME"))


def _sets_password(command: Command) -> str:
    """What the command does to a password, '' when nothing."""
    program = command.program
    if program == "chpasswd":
        return "sets the password of"
    if program == "passwd":
        if command.option("-d", "--delete"):
            return "takes the password off"
        fed = command.piped_from is not None or command.option("--stdin")
        return "sets the password of" if fed else ""
    if program in ("useradd", "usermod"):
        for name, value, _ in settings(command):
            if name in ("-p", "--password") and value not in _LOCKED:
                return "sets the password of"
    return ""
