"""Text that a build step writes into configuration files."""

import re
from collections.abc import Iterator

from kubeguard.checks.kit import Instruction, Node, part


def settled(instruction: Instruction, setting: re.Pattern[str]) -> Iterator[Node]:
    """Where a setting is written: the line of a here-document, or the word."""
    for where, text in written(instruction):
        if found := setting.search(text):
            inside = where.text == text
            line = max(found.start(), text.rfind("\n", 0, found.end()) + 1)
            yield part(where, line, found.end()) if inside else where


def written(instruction: Instruction) -> Iterator[tuple[Node, str]]:
    """Place and text of what `echo` and `printf` say, `sed` puts in, and here-documents hold."""
    for heredoc in instruction.heredocs:
        yield heredoc.body, heredoc.body.text
    if instruction.keyword != "RUN":
        return
    for command in instruction.commands:
        program = command.program
        if program in ("echo", "printf"):
            for word in command.operands:
                yield word.node, word.text.replace("\\n", "\n").replace("\\t", "\t")
        elif program == "sed":
            for word in command.operands:
                yield word.node, _replacement(word.text)


def _replacement(expression: str) -> str:
    """What `s/old/new/` puts in; '' for anything else."""
    if len(expression) > 2 and expression[0] == "s" and not expression[1].isalnum():
        parts = expression.split(expression[1])
        return parts[2] if len(parts) > 2 else ""
    return ""
