"""A package manager that accepts any certificate installs anybody's code."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kubeguard.checks.dockerfile._environment import assigned
from kubeguard.checks.dockerfile._options import settings
from kubeguard.checks.dockerfile._verification import FALSE, commands, trust_the_ca
from kubeguard.checks.dockerfile._written import settled
from kubeguard.checks.kit import Command, Instruction, Node, Problem, Severity, check

_KEYS = frozenset({"strict-ssl", "enableStrictSsl"})
_VARIABLES = (
    "NPM_CONFIG_STRICT_SSL",
    "npm_config_strict_ssl",
    "YARN_STRICT_SSL",
    "YARN_ENABLE_STRICT_SSL",
)
_FILE = re.compile(r"(?im)^[ \t]*(strict-ssl\s*=|enableStrictSsl:)\s*\"?(false|0)\b")


@check(
    "KG1019",
    "npm or yarn does not check certificates",
    on=Instruction,
    severity=Severity.HIGH,
    refs=("CWE-295", "MITRE T1557", "MITRE T1195"),
    like=("checkov:CKV2_DOCKER_12", "checkov:CKV2_DOCKER_13"),
)
def unverified_npm(instruction: Instruction) -> Iterator[Problem]:
    for where in _places(instruction):
        message = "strict-ssl is off: packages come from whoever answers"
        yield Problem(where, message, trust_the_ca())


def _places(instruction: Instruction) -> Iterator[Node]:
    for where, value in assigned(instruction, *_VARIABLES):
        if value.lower() in FALSE:
            yield where
    for command in commands(instruction, "npm", "yarn", "pnpm", "npx"):
        yield from _switched_off(command)
    yield from settled(instruction, _FILE)


def _switched_off(command: Command) -> Iterator[Node]:
    """`npm config set strict-ssl false`, `--strict-ssl=false`, `--no-strict-ssl`."""
    for name, value, where in settings(command):
        if name.removeprefix("--") in _KEYS and value.lower() in FALSE:
            yield where
    option = command.option("--no-strict-ssl")
    if option:
        yield option.node
