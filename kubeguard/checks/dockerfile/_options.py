"""Values that a command is given by name."""

from collections.abc import Iterator

from kubeguard.checks.kit import Command, Node


def settings(command: Command) -> Iterator[tuple[str, str, Node]]:
    """Every argument read as name, value and place: `name=value`, or `name` and the word after."""
    words = command.arguments
    for index, word in enumerate(words):
        name, equals, value = word.text.partition("=")
        if equals:
            yield name, value, word.node
        elif index + 1 < len(words):
            yield name, words[index + 1].text, words[index + 1].node
