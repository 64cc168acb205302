"""A shell that is process 1 keeps the stop signal to itself, and the program is killed."""

from collections.abc import Iterator

from kubeguard.checks.image._start import script
from kubeguard.checks.kit import (
    Image,
    Problem,
    Profile,
    Severity,
    advise,
    behind_shell,
    check,
)


@check(
    "KG2014",
    "Program of a built image starts behind a shell",
    on=Image,
    severity=Severity.LOW,
    profile=Profile.PEDANTIC,
    like=("hadolint:DL3025", "buildkit:JSONArgsRecommended"),
)
def shipped_shell_start(image: Image) -> Iterator[Problem]:
    found = script(image.config)
    if found is None or image.config["Shell"].exists:
        return
    program = behind_shell(image.commands(found))
    if program:
        message = f"{found.path[1]} starts {program[:40]!r} behind a shell that keeps the signals"
        yield Problem(found, message, advise("write a JSON array, or start it with exec"))
