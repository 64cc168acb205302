"""What stages are made from, and which of them reach the image."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from kubeguard.checks.dockerfile._mounts import mount_options
from kubeguard.checks.kit import Dockerfile, ImageReference, Instruction, Node, Stage


@dataclass(frozen=True, slots=True, eq=False)
class Origin:
    """What `COPY --from=` or a `from=` in a RUN mount names, as the build would look it up."""

    node: Node
    name: str
    stage: Stage

    @property
    def is_image(self) -> bool:
        """A reference that can be nothing but an image: a path, a tag or a digest is in it."""
        return any(mark in self.name for mark in "/:@")

    def names(self, stage: Stage) -> bool:
        """Whether this is the number or, in any case, the name of the stage."""
        if self.name.isdecimal():
            return int(self.name) == stage.index
        return bool(stage.name) and self.name.lower() == stage.name.lower()


def origins(dockerfile: Dockerfile) -> Iterator[Origin]:
    """Every stage or image that a COPY or a RUN mount takes files from, as far as it is known."""
    for stage in dockerfile.stages:
        for instruction in stage.all("COPY", "RUN"):
            for node, name in _named(instruction):
                yield Origin(node, name, stage)


def _named(instruction: Instruction) -> Iterator[tuple[Node, str]]:
    if not instruction.flags:
        return
    if instruction.keyword == "COPY":
        word = instruction.flag("from")
        if word is not None and word.value:
            yield word.node, word.value
    else:
        for mount in instruction.flags.get("mount", ()):
            name = mount_options(mount).get("from", "") if mount.value else ""
            if name:
                yield mount.node, name


def pulled(dockerfile: Dockerfile) -> Iterator[tuple[Node, str, ImageReference]]:
    """Place, text and reference of every image the build pulls by name."""
    for stage in dockerfile.stages:
        image = stage.image
        if image is not None:
            yield stage.base.node, stage.base.text, image
    for origin in origins(dockerfile):
        if origin.is_image:
            yield origin.node, origin.name, ImageReference.parse(origin.name)


def shipped(dockerfile: Dockerfile) -> Iterator[Instruction]:
    """What ends up in the layers of the image: the final stage and the stages it is built on."""
    for stage in dockerfile.lineage(dockerfile.final) if dockerfile.final else ():
        yield from stage.instructions
