"""A shell that is process 1 keeps the stop signal to itself, and the program is killed."""

from collections.abc import Iterator

from kubeguard.checks.kit import (
    Image,
    Node,
    Problem,
    Profile,
    Severity,
    advise,
    behind_shell,
    check,
)

_SHELL_FORM = ["/bin/sh", "-c"]


@check(
    "KG2014",
    "Program of a built image starts behind a shell",
    on=Image,
    severity=Severity.LOW,
    profile=Profile.PEDANTIC,
    like=("hadolint:DL3025", "buildkit:JSONArgsRecommended"),
)
def shipped_shell_start(image: Image) -> Iterator[Problem]:
    script = _script(image.config)
    if script is None or image.config["Shell"].exists:
        return
    program = behind_shell(image.commands(script))
    if program:
        message = f"{script.path[1]} starts {program[:40]!r} behind a shell that keeps the signals"
        yield Problem(script, message, advise("write a JSON array, or start it with exec"))


def _script(config: Node) -> Node | None:
    """What a shell runs: the Entrypoint in shell form, else the Cmd, which it usually executes."""
    for field in (config["Entrypoint"], config["Cmd"]):
        if field.sequence[:2] == _SHELL_FORM and len(field.sequence) == 3:
            return field[2]
    return None
