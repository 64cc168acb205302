"""A command that is not in the image is a container that never starts, or a probe that fails."""

from collections.abc import Iterator
from posixpath import join, normpath

from kubeguard.checks.join._mounts import is_mounted
from kubeguard.checks.kit import (
    Container,
    ImageFacts,
    Node,
    Problem,
    Severity,
    ShippedContainer,
    advise,
    check,
)

_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_HOOKS = ("postStart", "preStop")


@check(
    "KG2507",
    "Command does not exist in the image",
    on=ShippedContainer,
    severity=Severity.MEDIUM,
)
def missing_program(shipped: ShippedContainer) -> Iterator[Problem]:
    container, image = shipped.container, shipped.image
    if image.programs is None or container.workload.windows:
        return
    for what, word in _commands(container, image):
        places = _places(word.text, container, image)
        if places and not any(_is_there(place, container, image) for place in places):
            message = f"{what} of {container} is {word.text[:60]!r}, no program in its image"
            hint = "name a program of the image; small images have no shell"
            yield Problem(word, message, advise(hint))


def _commands(container: Container, image: ImageFacts) -> Iterator[tuple[str, Node]]:
    """What is started, with the word that names the program."""
    node = container.node
    if node["command"].sequence:
        yield "the command", node["command"][0]
    elif node["args"].sequence and not image.entrypoint:
        yield "the first argument", node["args"][0]
    for probe in _PROBES:
        yield f"the {probe}", node[probe]["exec"]["command"][0]
    for hook in _HOOKS:
        yield f"the {hook} hook", node["lifecycle"][hook]["exec"]["command"][0]


def _places(word: str, container: Container, image: ImageFacts) -> list[str]:
    """Where the program may be; nothing when that is only known when it runs."""
    if not word or "$(" in word:
        return []
    if "/" in word:
        folder = container.node["workingDir"].text or image.working_dir
        return [normpath(join("/", folder, word))]
    return [normpath(f"/{folder}/{word}") for folder in _path(container, image)]


def _path(container: Container, image: ImageFacts) -> tuple[str, ...]:
    """The folders of PATH; none when the manifest sets it to something unknown."""
    for variable in container.node["env"]:
        if variable.get("name") == "PATH":
            value = variable["value"].text
            return () if "$(" in value else tuple(value.split(":"))
    return image.path


def _is_there(place: str, container: Container, image: ImageFacts) -> bool:
    """In the image, or perhaps in a volume that is mounted there."""
    return image.has(place) or is_mounted(container, place)
