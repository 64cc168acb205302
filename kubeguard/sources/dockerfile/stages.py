"""What changes from one instruction to the next: the stage, its variables and its shell."""

from __future__ import annotations

from typing import NamedTuple

from kubeguard.model.dockerfile import Instruction, Stage, Word
from kubeguard.sources.dockerfile.variables import Scope
from kubeguard.sources.expansion import Missing, Room, Value
from kubeguard.sources.shell import SHELLS, pipefail_among

_WINDOWS = ("windows", "nanoserver", "servercore")


class Shell(NamedTuple):
    """The SHELL in force: whether it reads POSIX, and whether it stops inside a failing pipe."""

    posix: bool = True
    pipefail: bool = False


class Stages:
    """Collects instructions into stages and remembers what they declare."""

    def __init__(self) -> None:
        self.room = Room()
        self.globals = self.scope = Scope(self.room)
        self.shell = Shell()
        self.preamble: list[Instruction] = []
        self._done: list[Stage] = []
        self._names: dict[str, Stage] = {}
        self._states: dict[int, tuple[Scope, Shell]] = {}
        self._open: list[Instruction] = []
        self._parent: Stage | None = None

    @property
    def started(self) -> bool:
        return bool(self._open)

    @property
    def index(self) -> int | None:
        """The number of the stage that is open, None before the first FROM."""
        return len(self._done) if self._open else None

    def add(self, instruction: Instruction) -> None:
        """Take the next instruction; what it declares holds from the one after it."""
        if instruction.keyword == "FROM":
            self._begin(instruction)
        elif not self._open:
            self.preamble.append(instruction)
        else:
            self._open.append(instruction)
        self._declare(instruction)

    def finish(self) -> tuple[tuple[Instruction, ...], tuple[Stage, ...]]:
        """The lines before the first FROM, and the stages."""
        if self._open:
            self._close()
            self._done[-1].final = True
        return tuple(self.preamble), tuple(self._done)

    def _begin(self, instruction: Instruction) -> None:
        if self._open:
            self._close()
        self._open = [instruction]
        base = (instruction.words[0].value or "").lower()
        self._parent = self._names.get(base)
        if self._parent:
            scope, self.shell = self._states[self._parent.index]
            self.scope = Scope(self.room, self.globals, scope)
        else:
            self.scope = Scope(self.room, self.globals)
            self.shell = Shell(posix=not any(part in base for part in _WINDOWS))

    def _close(self) -> None:
        first = self._open[0]
        name = first.words[2].text.lower() if len(first.words) == 3 else ""
        stage = Stage(first.node, len(self._done), name, tuple(self._open))
        stage.parent = self._parent
        for instruction in self._open:
            instruction.stage = stage
            if instruction.trigger:
                instruction.trigger.stage = stage
        if name:
            self._names[name] = stage
        self._states[stage.index] = self.scope, self.shell
        self._done.append(stage)

    def _declare(self, instruction: Instruction) -> None:
        if instruction.keyword == "ENV":
            for key, value in instruction.pairs:
                self.scope.env(key.text, known(value))
        elif instruction.keyword == "ARG":
            for key, value in instruction.pairs:
                given = value.node.exists
                self.scope.arg(key.text, known(value) if given else self._inherited(key.text))
        elif instruction.keyword == "SHELL" and instruction.json_form and instruction.words:
            words = [word.text for word in instruction.words]
            program = words[0].replace("\\", "/").rpartition("/")[2]
            program = program.lower().removesuffix(".exe")
            self.shell = Shell(program in SHELLS, pipefail_among(words[1:]))

    def _inherited(self, name: str) -> Value:
        return self.scope.inherited_arg(name)


def known(value: Word) -> Value:
    """What a declaration gives its variable."""
    return Missing.OPAQUE if value.value is None else value.value
