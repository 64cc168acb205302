"""A name that is no stage is looked up as an image, and pulled from Docker Hub."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from kubeguard.checks.dockerfile._stages import Origin, origins
from kubeguard.checks.kit import Dockerfile, Fix, Problem, Severity, advise, check


@check(
    "KG1039",
    "Files are copied from no earlier stage",
    on=Dockerfile,
    severity=Severity.LOW,
    like=("hadolint:DL3022",),
)
def unknown_copy_stage(dockerfile: Dockerfile) -> Iterator[Problem]:
    for origin in origins(dockerfile):
        earlier = dockerfile.stages[: origin.stage.index + 1]
        if not origin.is_image and not any(map(origin.names, earlier)):
            yield Problem(origin.node, *_verdict(dockerfile, origin))


def _verdict(dockerfile: Dockerfile, origin: Origin) -> tuple[str, Fix]:
    name = origin.name
    if any(map(origin.names, dockerfile.stages)):
        return f"the stage {name!r} comes later in the file", advise("move that stage up")
    if name.isdecimal():
        return f"there is no stage {name}", advise("give the stage a name, and copy from that")
    names = [stage.name for stage in dockerfile.stages if stage.name]
    close = get_close_matches(name, names, 1)
    if close:
        return f"there is no stage {name!r}", advise(f"did you mean {close[0]}?")
    message = f"{name!r} is no stage here: it means the image {name}:latest, or a build context"
    return message, advise("write an image with its tag, or pass --build-context")
