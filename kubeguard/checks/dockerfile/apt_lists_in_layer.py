"""Package lists that nobody reads again make every pull longer."""

import re
from collections.abc import Iterator

from kubeguard.checks.dockerfile._mounts import has_mount
from kubeguard.checks.dockerfile._packages import APT, requests
from kubeguard.checks.dockerfile._stages import shipped
from kubeguard.checks.kit import (
    Command,
    Dockerfile,
    Instruction,
    Problem,
    Profile,
    Severity,
    advise,
    check,
)

_LISTS = re.compile(r"^[\"']?/var/(lib/)?(apt|\{[^}]*\b(apt|lib/apt)\b)")
_CLEANERS = re.compile(r"(?i)clean(?!ing)")


@check(
    "KG1032",
    "apt lists stay in the layer",
    on=Dockerfile,
    severity=Severity.INFO,
    profile=Profile.PEDANTIC,
    like=("hadolint:DL3009",),
)
def apt_lists_in_layer(dockerfile: Dockerfile) -> Iterator[Problem]:
    for instruction in shipped(dockerfile):
        updates = [r for r in requests(instruction, APT) if r.verb.text == "update"]
        if not updates or has_mount(instruction, "/var/lib/apt", "/var/lib/apt/lists", "/var/lib"):
            continue
        if not any(map(_removes_lists, _after(instruction, updates[-1].command))):
            message = "the lists that this update loads stay in the layer"
            hint = "end this RUN with: && rm -rf /var/lib/apt/lists/*"
            yield Problem(updates[-1].command.node, message, advise(hint))


def _after(instruction: Instruction, command: Command) -> tuple[Command, ...]:
    commands = instruction.commands
    return commands[commands.index(command) + 1 :]


def _removes_lists(command: Command) -> bool:
    """`rm -rf`, `find -delete`, `apt-get distclean`, or a script that is called a cleaner."""
    if command.program in APT:
        return bool(command.operands) and command.operands[0].text == "distclean"
    if command.program in ("rm", "find"):
        return any(_LISTS.match(word.text) for word in command.operands)
    return bool(_CLEANERS.search(command.program))
