"""Which line of a Dockerfile made a part of an image, told by the image's history."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import NamedTuple

from kubeguard.errors import UsageError
from kubeguard.model.dockerfile import Dockerfile, Instruction, Stage
from kubeguard.model.image import Image
from kubeguard.model.location import Path as Where
from kubeguard.model.node import Node
from kubeguard.sources.text import read

_CLASSIC = re.compile(r"^(?:/bin/sh -c |\|\d+ .*?)?#\(nop\) +(\w+)(?= |$)")
_BUILDKIT = re.compile(
    r"^(ADD|ARG|CMD|COPY|ENTRYPOINT|ENV|EXPOSE|HEALTHCHECK|LABEL|MAINTAINER|ONBUILD|RUN|SHELL"
    r"|STOPSIGNAL|USER|VOLUME|WORKDIR) "
)
_TRACELESS = ("ARG", "ONBUILD", "MAINTAINER", "SHELL", "WORKDIR")
"""Instructions of which some builders leave no trace."""
_KEYWORDS = {
    "User": "USER",
    "Env": "ENV",
    "Labels": "LABEL",
    "ExposedPorts": "EXPOSE",
    "Healthcheck": "HEALTHCHECK",
    "Entrypoint": "ENTRYPOINT",
    "Cmd": "CMD",
    "Volumes": "VOLUME",
    "WorkingDir": "WORKDIR",
    "StopSignal": "STOPSIGNAL",
    "OnBuild": "ONBUILD",
}
_PAIRED = ("ENV", "LABEL")
_LETTERS = re.compile(r"\W+")


class Origins:
    """A Dockerfile, and whether it made images. Raises UsageError for a file that is none."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.dockerfile = _dockerfile(file)
        self.seen = self.made = False

    def attach(self, image: Image) -> None:
        """Let an image that it made know which line made what of it."""
        self.seen = True
        history = _History.of(self.dockerfile, image)
        if history is not None:
            image.made_at = partial(history.where, image)
            self.made = True

    def complain(self) -> None:
        """Raises UsageError when it made none of the images."""
        if not self.seen:
            raise UsageError(f"--dockerfile {self.file}: there is no image that it could have made")
        if not self.made:
            hint = "its commands are not those in the history of the image"
            raise UsageError(f"{self.file}: another Dockerfile made the image", hint)


def _dockerfile(file: str) -> Dockerfile:
    try:
        data = Path(file).read_bytes()
    except OSError as error:
        raise UsageError(f"{file}: {(error.strerror or str(error)).lower()}") from error
    reading = read(file, data, asked_for=True)
    if reading.dockerfile is None or not reading.dockerfile.stages:
        raise UsageError(f"{file}: no Dockerfile")
    return reading.dockerfile


class _History:
    """The instructions of one stage, and of those it is built from, beside an image's history.

    What the Dockerfile did not do itself is from the base image: the FROM of the lowest stage.
    """

    def __init__(self, lineage: Sequence[Stage], steps: dict[int, Instruction]) -> None:
        self.base = lineage[0].instructions[0]
        self.top = lineage[-1].instructions[0]
        self.instructions = [each for stage in lineage for each in stage.instructions]
        self.steps = steps

    @classmethod
    def of(cls, dockerfile: Dockerfile, image: Image) -> _History | None:
        """None when the image was made by another Dockerfile. The last stage that fits made it."""
        for stage in reversed(dockerfile.stages):
            lineage = [*reversed([*dockerfile.lineage(stage)])]
            steps = _aligned(lineage, [each["created_by"].text for each in image.node["history"]])
            if steps is not None:
                return cls(lineage, steps)
        return None

    def where(self, image: Image, path: Where) -> Node:
        """The instruction behind a place in the image."""
        match path:
            case ["config", str(key), *rest] if key in _KEYWORDS:
                return self._set(image, _KEYWORDS[key], rest).node
            case ["history", int(number), *_]:
                return self.steps.get(number, self.base).node
            case [str(file)] if file.startswith("/"):
                return self.steps.get(_made(image, file), self.base).node
        return self.top.node

    def _set(self, image: Image, keyword: str, rest: Sequence[str | int]) -> Instruction:
        """The last instruction that set this; without one it is from the base image."""
        key = _key(image, keyword, rest)
        for each in reversed(self.instructions):
            if each.keyword == keyword and (not key or _sets(each, key)):
                return each
        return self.base if _is_set(image, keyword) else self.top


def _is_set(image: Image, keyword: str) -> bool:
    key = next(key for key, word in _KEYWORDS.items() if word == keyword)
    return image.config[key].exists and image.config[key].value != ""


def _key(image: Image, keyword: str, rest: Sequence[str | int]) -> str:
    """The variable, label or port that is meant."""
    if not rest:
        return ""
    if keyword == "ENV":
        return image.config["Env"].at(*rest[:1]).text.partition("=")[0]
    return str(rest[0]) if keyword in (*_PAIRED, "EXPOSE", "VOLUME") else ""


def _sets(instruction: Instruction, key: str) -> bool:
    if instruction.keyword in _PAIRED:
        return any(name.text == key for name, _ in instruction.pairs)
    if instruction.keyword == "EXPOSE":
        port = key.partition("/")[0]
        return any(word.text.partition("/")[0] in (port, key) for word in instruction.words)
    return any(word.text.rstrip("/") == key.rstrip("/") for word in instruction.words)


def _made(image: Image, path: str) -> int:
    """The number in the history of the step that made a file; -1 when that is not known."""
    layer = image.layer_of(path)
    made = [n for n, step in enumerate(image.node["history"]) if not step.get("empty_layer")]
    return made[layer] if layer is not None and len(made) == len(image.layers) else -1


class _Step(NamedTuple):
    keyword: str
    text: str


def _aligned(lineage: Sequence[Stage], history: list[str]) -> dict[int, Instruction] | None:
    """Instructions by their number in the history; None when they are not those of the image."""
    found: dict[int, Instruction] = {}
    left = len(history) - 1
    for instruction in _backwards(lineage):
        if left >= 0 and _fits(instruction, _step(history[left])):
            found[left] = instruction
            left -= 1
        elif instruction.keyword not in _TRACELESS:
            return None
    return found


def _backwards(lineage: Sequence[Stage]) -> Iterator[Instruction]:
    for stage in reversed(lineage):
        yield from reversed(stage.instructions[1:])


def _step(text: str) -> _Step:
    """A line of the history, as Docker's builder, BuildKit, buildah or kaniko wrote it."""
    line = " ".join(text.split())
    found = _CLASSIC.match(line) or _BUILDKIT.match(line)
    keyword = found[1].upper() if found else "RUN"
    return _Step(keyword, line.removesuffix("# buildkit"))


def _fits(instruction: Instruction, step: _Step) -> bool:
    """Commands are compared by their letters: builders differ in spaces, quotes and wrappers."""
    if instruction.keyword != step.keyword:
        return False
    if instruction.keyword != "RUN" or instruction.heredocs:
        return True
    text = "".join(word.text for word in instruction.words)
    return _letters(text) in _letters(step.text)


def _letters(text: str) -> str:
    return _LETTERS.sub("", text)
