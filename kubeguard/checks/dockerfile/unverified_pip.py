"""A trusted host may send pip any package, and code in it runs at installation."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kubeguard.checks.dockerfile._environment import assigned
from kubeguard.checks.dockerfile._options import settings
from kubeguard.checks.dockerfile._verification import is_local, trust_the_ca
from kubeguard.checks.dockerfile._written import settled
from kubeguard.checks.kit import Command, Instruction, Node, Problem, Severity, check

_PIP = re.compile(r"(pip|python)[\d.]*|uv|pipenv|pipx")
_OPTIONS = ("--trusted-host", "--allow-insecure-host")
_FILE = re.compile(r"(?im)^[ \t]*trusted[-_]host\s*=\s*(?!localhost\b|127\.)\w")
_VARIABLES = ("PIP_TRUSTED_HOST", "UV_INSECURE_HOST")


@check(
    "KG1016",
    "pip trusts a host without a certificate",
    on=Instruction,
    severity=Severity.HIGH,
    refs=("CWE-295", "MITRE T1557", "MITRE T1195"),
    like=("checkov:CKV2_DOCKER_4", "checkov:CKV2_DOCKER_16"),
)
def unverified_pip(instruction: Instruction) -> Iterator[Problem]:
    if instruction.keyword == "RUN":
        for command in instruction.commands:
            if _PIP.fullmatch(command.program):
                yield from _problems(_hosts(command))
    yield from _problems(assigned(instruction, *_VARIABLES))
    for where in settled(instruction, _FILE):
        message = "pip takes packages from a trusted host without checking its certificate"
        yield Problem(where, message, trust_the_ca())


def _problems(hosts: Iterator[tuple[Node, str]]) -> Iterator[Problem]:
    for where, host in hosts:
        if host.strip() and not is_local(host):
            message = f"pip takes packages from {host[:40]!r} without checking its certificate"
            yield Problem(where, message, trust_the_ca())


def _hosts(command: Command) -> Iterator[tuple[Node, str]]:
    """Every host given to --trusted-host or written by `pip config set global.trusted-host`."""
    for name, value, where in settings(command):
        if name in _OPTIONS or name.endswith(".trusted-host"):
            yield where, value
