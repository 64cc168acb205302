"""What a container of the image starts."""

from collections.abc import Iterator, Sequence

from kubeguard.checks.kit import Image, Node

_SHELL_FORM = ["/bin/sh", "-c"]


def script(config: Node) -> Node | None:
    """What a shell runs: the Entrypoint in shell form, else the Cmd, which it usually executes."""
    for field in (config["Entrypoint"], config["Cmd"]):
        if field.sequence[:2] == _SHELL_FORM and len(field.sequence) == 3:
            return field[2]
    return None


def programs(image: Image) -> Iterator[str]:
    """The program as it is written and the paths it is given, also those in a shell's script."""
    yield from _files((*image.strings("Entrypoint"), *image.strings("Cmd")))
    shell = script(image.config)
    if shell is not None:
        for command in image.commands(shell):
            yield from _files([word.text for word in command.words])


def _files(words: Sequence[str]) -> Iterator[str]:
    yield from words[:1]
    yield from (word for word in words[1:] if "/" in word)
