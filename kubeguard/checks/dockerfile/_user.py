"""Who a container of the image runs as."""

from kubeguard.checks.kit import (
    Dockerfile,
    Edit,
    Fix,
    Grade,
    Instruction,
    Node,
    Stage,
    advise,
    users,
)

NOBODY = "65532:65532"
_HINT = "run as a user of its own, by number: USER 65532:65532"
_METADATA = frozenset({"CMD", "ENTRYPOINT", "EXPOSE", "HEALTHCHECK", "LABEL", "STOPSIGNAL"})


def last_user(dockerfile: Dockerfile) -> Instruction | None:
    """The USER in force at the end, inherited from an earlier stage where that is the base."""
    final = dockerfile.final
    for stage in dockerfile.lineage(final) if final else ():
        found = tuple(stage.all("USER"))
        if found:
            return found[-1]
    return None


def name_of(user: Instruction) -> str | None:
    """The user without its group; None when a variable decides."""
    value = user.words[0].value if user.words else None
    return None if value is None else users.name_of(value)


def step_down(stage: Stage) -> Fix:
    """Drop root just before the program starts, where nothing that builds comes after."""
    start = _start(stage)
    if start is None:
        return advise(_HINT)
    return Fix(_HINT, Grade.UNSAFE, (Edit(start, f"USER {NOBODY}\n"),))


def _start(stage: Stage) -> Node | None:
    """The first CMD or ENTRYPOINT of those that end the stage."""
    first = None
    for instruction in reversed(stage.instructions):
        if instruction.keyword not in _METADATA:
            break
        if instruction.keyword in ("CMD", "ENTRYPOINT"):
            first = instruction.node
    return first
