"""Environment variables, by whichever instruction or command they are set."""

from collections.abc import Iterator

from kubeguard.checks.kit import Instruction, Node


def assigned(instruction: Instruction, *names: str) -> Iterator[tuple[Node, str]]:
    """Place and value of every assignment to one of these variables that reaches a program."""
    for name, where, value in _settings(instruction):
        if name in names:
            yield where, value


def _settings(instruction: Instruction) -> Iterator[tuple[str, Node, str]]:
    """ENV, ARG with a default, `NAME=value command` and `export NAME=value`; where only the build
    knows the value, it is as written."""
    if instruction.keyword in ("ENV", "ARG"):
        for key, word in instruction.pairs:
            if word.node.exists:
                yield key.text, word.node, word.text
    elif instruction.keyword == "RUN":
        for command in instruction.commands:
            for name, word in command.assignments.items():
                yield name, word.node, word.text
            if command.program in ("export", "declare", "typeset"):
                for word in command.operands:
                    name, equals, value = word.text.partition("=")
                    if equals:
                        yield name, word.node, value
