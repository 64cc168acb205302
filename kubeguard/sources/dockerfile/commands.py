"""The shell commands of an instruction, found when a check asks for them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from kubeguard.model.dockerfile import Command, Instruction, Word
from kubeguard.model.location import Path
from kubeguard.model.node import Node
from kubeguard.sources.dockerfile.grammar import Parsed
from kubeguard.sources.dockerfile.heredocs import Found
from kubeguard.sources.dockerfile.places import DockerfilePlaces
from kubeguard.sources.expansion import Lookup, Room
from kubeguard.sources.mapped import Mapped
from kubeguard.sources.shell import (
    SHELLS,
    Call,
    Input,
    Lexeme,
    exec_form,
    parse,
    pipefail_among,
    quoted,
)

_SHEBANG = re.compile(r"#![ \t]*([^\s]+)(?:[ \t]+(.*))?")


class Environment(NamedTuple):
    """The variables that a script starts with, and how much they may expand to."""

    lookup: Lookup
    room: Room


class Script:
    """What one RUN, CMD, ENTRYPOINT or HEALTHCHECK hands to a shell, or runs directly."""

    def __init__(
        self,
        line: Mapped,
        parsed: Parsed,
        heredocs: Sequence[Found],
        places: DockerfilePlaces,
        environment: Environment,
    ) -> None:
        self.line = line
        self.parsed = parsed
        self.heredocs = heredocs
        self.places = places
        self.environment = environment

    def commands(self, instruction: Instruction) -> tuple[Command, ...]:
        """The callback of Instruction.commands."""
        publisher = _Publisher(instruction.node, self.places)
        return tuple(publisher.command(call) for call in self._calls(instruction))

    def _calls(self, instruction: Instruction) -> Sequence[Call]:
        tokens = [token for token in self.parsed.words if token]
        if self.parsed.keyword == "HEALTHCHECK":
            tokens = tokens[1:]
        if not tokens:
            return ()
        if self.parsed.json_form:
            return exec_form([quoted(self.line, t.start, t.end) for t in tokens], *self.environment)
        text = self.line.slice(tokens[0].start, tokens[0].end)
        if not self.heredocs:
            return parse(text, *self.environment, pipefail=instruction.pipefail)
        return self._with_heredocs(text, tokens[0].start, instruction)

    def _with_heredocs(self, text: Mapped, start: int, instruction: Instruction) -> Sequence[Call]:
        """A lone here-document is the script; beside other words it is what a command reads."""
        opener = self.heredocs[0].opener
        if (opener.start, opener.end) == (start, start + len(text.text)):
            return self._script(self._body(self.heredocs[0]), instruction)
        inputs = [
            Input(found.opener.start - start, found.opener.end - start, self._body(found))
            for found in self.heredocs
        ]
        return parse(text, *self.environment, pipefail=instruction.pipefail, inputs=inputs)

    def _script(self, body: Mapped, instruction: Instruction) -> Sequence[Call]:
        """The body as the SHELL runs it, or the interpreter that its first line asks for."""
        found = _SHEBANG.match(body.text)
        if found is None:
            return parse(body, *self.environment, pipefail=instruction.pipefail)
        words = [found[1].rpartition("/")[2], *(found[2] or "").split()]
        if words[0] == "env":
            words = [word for word in words[1:] if not word.startswith("-")]
        if not words or words[0] not in SHELLS:
            return ()
        return parse(body, *self.environment, pipefail=pipefail_among(words[1:]))

    def _body(self, found: Found) -> Mapped:
        start, end = found.body.start, found.body.end
        text = self.places.lines.text[start:end]
        return Mapped.whole(text.replace("\r\n", " \n"), start)


class _Publisher:
    """Turns calls into Commands and tells the places where their words are."""

    def __init__(self, node: Node, places: DockerfilePlaces) -> None:
        self.node = node
        self.places = places
        self.made: dict[int, Command] = {}

    def command(self, call: Call) -> Command:
        path: Path = (*self.node.path, "commands", len(self.made))
        command = Command(
            self._node(path, call.start, call.end),
            self._words((*path, "words"), call.words),
            self._words((*path, "wrappers"), call.wrappers),
            {
                name: self._word((*path, "assignments", name), lexeme)
                for name, lexeme in call.assignments.items()
            },
            self.made[id(call.piped_from)] if call.piped_from else None,
            self.made[id(call.beside)] if call.beside else None,
            self.made[id(call.inside)] if call.inside else None,
            call.pipefail,
        )
        self.made[id(call)] = command
        return command

    def _words(self, path: Path, lexemes: Sequence[Lexeme]) -> tuple[Word, ...]:
        return tuple([self._word((*path, n), lexeme) for n, lexeme in enumerate(lexemes)])

    def _word(self, path: Path, lexeme: Lexeme) -> Word:
        return Word(self._node(path, lexeme.start, lexeme.end), lexeme.value, lexeme.undeclared)

    def _node(self, path: Path, start: int, end: int) -> Node:
        self.places.add(path, start, end)
        return Node(self.places.lines.text[start:end], self.node.source, path)
