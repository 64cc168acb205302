"""A variable that nothing sets becomes nothing, and the path around it another path."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import get_close_matches

from kubeguard.checks.kit import Dockerfile, Instruction, Problem, Severity, Stage, advise, check

_BARE = ("scratch", "alpine", "busybox", "debian", "ubuntu")
"""Images known to set PATH and nothing else; what others set, only a pull could tell."""
_EXPANDED = (
    "ADD",
    "ARG",
    "COPY",
    "ENV",
    "EXPOSE",
    "LABEL",
    "STOPSIGNAL",
    "USER",
    "VOLUME",
    "WORKDIR",
)
_PLATFORM = frozenset(
    side + what for side in ("BUILD", "TARGET") for what in ("PLATFORM", "OS", "ARCH", "VARIANT")
)


@check(
    "KG1044",
    "Variable is not declared",
    on=Dockerfile,
    severity=Severity.LOW,
    like=("buildkit:UndefinedVar",),
)
def undeclared_variable(
    dockerfile: Dockerfile, *, bare_bases: tuple[str, ...] = _BARE
) -> Iterator[Problem]:
    for stage in dockerfile.stages:
        for instruction in stage.all(*_EXPANDED):
            for word in instruction.words:
                for name in word.unknown:
                    hint = _hint(dockerfile, name)
                    if hint or _is_bare(dockerfile, stage, bare_bases):
                        message = f"nothing in this stage sets ${name}, so it is empty"
                        yield Problem(
                            word.node, message, advise(hint or _declare(instruction, name))
                        )


def _hint(dockerfile: Dockerfile, name: str) -> str:
    """What went wrong, where the file itself shows it; '' where the base image may set it."""
    arguments, variables = _declared(dockerfile, "ARG"), _declared(dockerfile, "ENV")
    if name in arguments or name in _PLATFORM:
        return f"repeat ARG {name} in this stage: it does not reach over FROM"
    if name in variables:
        return ""
    close = get_close_matches(name, arguments | variables, 1, cutoff=0.85)
    return f"did you mean {close[0]}?" if close else ""


def _declare(instruction: Instruction, name: str) -> str:
    """The way out where the base image sets nothing; `ENV X=/a:$X` only wants no empty entry."""
    if instruction.keyword == "ENV" and any(key.text == name for key, _ in instruction.pairs):
        return f"write ${{{name}:+:${name}}}, which adds the colon only where there is a value"
    return f"declare {name} by ARG or ENV in this stage"


def _declared(dockerfile: Dockerfile, keyword: str) -> set[str]:
    """The names that ARG, or ENV, declares anywhere in the file."""
    return {
        key.text
        for instruction in dockerfile.instructions
        if instruction.keyword == keyword
        for key, _ in instruction.pairs
    }


def _is_bare(dockerfile: Dockerfile, stage: Stage, bare_bases: tuple[str, ...]) -> bool:
    """Whether the environment is known to be empty where the stage begins."""
    first = tuple(dockerfile.lineage(stage))[-1]
    image = first.image
    if image is None:
        return first.base.value == "scratch"
    return image.registry == "docker.io" and image.repository.removeprefix("library/") in bare_bases
