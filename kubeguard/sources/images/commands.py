"""The shell script that an image starts with, as commands."""

from __future__ import annotations

from collections.abc import Iterable

from kubeguard.model.dockerfile import Command, Word
from kubeguard.model.node import Node
from kubeguard.sources.expansion import Missing
from kubeguard.sources.mapped import Mapped


def commands(script: Node) -> tuple[Command, ...]:
    """Every simple command of the script; all are placed where the script is."""
    from kubeguard.sources.shell import parse

    calls = parse(Mapped.whole(script.text, 0), lambda _: Missing.OPAQUE)
    return tuple(
        Command(
            script,
            _words(script, (lexeme.text for lexeme in call.words)),
            _words(script, (lexeme.text for lexeme in call.wrappers)),
        )
        for call in calls
    )


def _words(script: Node, texts: Iterable[str]) -> tuple[Word, ...]:
    return tuple(Word(script, text) for text in texts)
