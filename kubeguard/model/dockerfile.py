"""Dockerfiles: stages, instructions, and the shell commands inside them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import NamedTuple

from kubeguard.model.image import ImageReference
from kubeguard.model.node import Node
from kubeguard.model.views import View


class Word(NamedTuple):
    """One word: its text as written (`node.text`), and with quotes and variables resolved.

    `value` is what a build without options makes of it: ARGs have their defaults, `${x:-y}` is `y`
    when no default is known. It is None when only the build can tell: an ARG without a default,
    a platform argument, the output of a command, a variable that nothing declares.

    `unknown` names the variables in it that nothing in the file declares at this point. In FROM
    that is an error. In a stage the base image may still declare them, in a shell the environment
    may; variables that a shell always has (HOME, PATH, `$1`) are never listed.
    """

    node: Node
    value: str | None
    unknown: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The resolved text, or as written when it cannot be resolved."""
        return self.node.text if self.value is None else self.value


@dataclass(frozen=True, slots=True, eq=False)
class Command:
    """One simple shell command with everything that only wraps it taken off.

    `apt-get install -y "$X"` behind `sudo env A=1` is the command `apt-get`; `wrappers` keeps what
    was taken off (`sudo`, `env`). `words` are program and arguments; variables that hold a literal
    in the same script are resolved. `piped_from` is the command whose output this one reads.
    """

    node: Node
    words: tuple[Word, ...]
    wrappers: tuple[Word, ...] = ()
    assignments: Mapping[str, Word] = field(default_factory=dict)
    """Environment set only for this command: in `DEBIAN_FRONTEND=noninteractive apt-get ...` the
    word `noninteractive`, whether a shell, `env` or `sudo` sets it."""
    piped_from: Command | None = None
    beside: Command | None = None
    """The command before it in a group whose output is one: `curl` in `(curl ...; echo) | sh`."""
    inside: Command | None = None
    """The command whose words hold this one: `curl` in `sh -c "$(curl ...)"`, `sh <(curl ...)`."""
    pipefail: bool = False
    """Whether a failure inside a pipe stops the script here: by SHELL, or by `set -o pipefail`."""

    @property
    def program(self) -> str:
        """The program's base name: `/usr/bin/apt-get` is `apt-get`."""
        return self.words[0].text.rpartition("/")[2] if self.words else ""

    @property
    def arguments(self) -> tuple[Word, ...]:
        return self.words[1:]

    @property
    def operands(self) -> tuple[Word, ...]:
        """The arguments that are no options; a value given as a word of its own stays in."""
        return tuple(word for word in self.words[1:] if not word.text.startswith("-"))

    def option(self, *names: str) -> Word | None:
        """The first argument that is one of these options: exact (`--yes`), with a value
        (`--yes=true`), or a single letter in a cluster (`-y` in `-qy`)."""
        for word in self.words[1:]:
            text = word.text
            if text == "--":
                break
            for name in names:
                if text == name or (text.startswith(name + "=") and name.startswith("--")):
                    return word
                if len(name) == 2 and name[1] != "-" and _in_cluster(name[1], text):
                    return word
        return None


def behind_shell(commands: Sequence[Command]) -> str:
    """The program that a shell starts and keeps the signals from; '' when the last command takes
    the shell's place with `exec`."""
    if not commands or any(word.text == "exec" for word in commands[-1].wrappers):
        return ""
    return commands[0].program


def _in_cluster(letter: str, text: str) -> bool:
    letters = text[1:]
    return len(letters) > 1 and text[0] == "-" and letters.isalpha() and letter in letters


class Instruction(View):
    """One instruction. The node's value is a mapping: keyword, flags, arguments, json, heredocs,
    stage and, for ONBUILD, trigger.

    `keyword` is upper case. `words` are the arguments as BuildKit splits them: the strings of the
    JSON form; the whole line for the shell form of RUN, CMD, ENTRYPOINT and for USER, WORKDIR,
    STOPSIGNAL, MAINTAINER; CMD or NONE, then the command, for HEALTHCHECK; keys and values in turn
    for ENV, LABEL, ARG; image, AS, name for FROM; none for ONBUILD, which carries its `trigger`.
    `flags` maps `from` to the word of `--from=...` (several `--mount` keep all; a bare `--link`
    has the value `true`).
    """

    def __init__(
        self,
        node: Node,
        keyword: str,
        words: tuple[Word, ...],
        flags: Mapping[str, tuple[Word, ...]],
        *,
        json_form: bool = False,
        heredocs: tuple[Heredoc, ...] = (),
        trigger: Instruction | None = None,
        shell: Callable[[Instruction], tuple[Command, ...]] = lambda _: (),
    ) -> None:
        super().__init__(node)
        self.keyword = keyword
        self.words = words
        self.flags = flags
        self.json_form = json_form
        self.heredocs = heredocs
        self.trigger = trigger
        self._shell = shell
        self.stage: Stage | None = None
        """None before the first FROM."""
        self.pipefail = False
        """Whether the SHELL in force stops at a failure inside a pipe (`-o pipefail`)."""

    @cached_property
    def commands(self) -> tuple[Command, ...]:
        """Every simple command of RUN, CMD, ENTRYPOINT or HEALTHCHECK, in the order of the text.

        None where the SHELL is not a POSIX one. A shell that brings its own script (`sh -c '...'`,
        `bash <<EOF`, `eval`, `su -c`) is followed by the commands of that script.
        """
        return self._shell(self)

    def parts(self) -> Iterator[View]:
        """The trigger of an ONBUILD is judged like any other instruction."""
        return iter((self.trigger,) if self.trigger else ())

    def flag(self, name: str) -> Word | None:
        """The last word given for `--name`, as BuildKit reads it."""
        words = self.flags.get(name)
        return words[-1] if words else None

    @cached_property
    def pairs(self) -> tuple[tuple[Word, Word], ...]:
        """Key and value of ENV, ARG and LABEL, in either spelling; an ARG without a default has
        a value whose `value` is None and whose node does not exist."""
        return tuple(zip(self.words[::2], self.words[1::2], strict=True))


class Heredoc(NamedTuple):
    """A here-document: its delimiter, its body, and whether variables in it stay as they are."""

    name: str
    body: Node
    quoted: bool


class Stage(View):
    """From one FROM to the next: `base` is the word after FROM, resolved with global ARGs."""

    def __init__(
        self, node: Node, index: int, name: str, instructions: tuple[Instruction, ...]
    ) -> None:
        super().__init__(node)
        self.index = index
        self.name = name
        self.instructions = instructions
        self.parent: Stage | None = None
        """The earlier stage this one starts from, if it does; names are compared in lower case."""
        self.final = False
        """The last stage: what a plain `docker build` makes."""

    @property
    def base(self) -> Word:
        return self.instructions[0].words[0]

    @property
    def image(self) -> ImageReference | None:
        """The base image; None for `scratch`, an earlier stage, or an unknown variable."""
        value = self.base.value
        if self.parent or not value or value == "scratch":
            return None
        return ImageReference.parse(value)

    def all(self, *keywords: str) -> Iterator[Instruction]:
        """The stage's own instructions with these keywords, in order."""
        return (i for i in self.instructions if i.keyword in keywords)

    def parts(self) -> Iterator[View]:
        return iter(self.instructions)


class Dockerfile(View):
    """A whole Dockerfile. `preamble` is what stands before the first FROM (global ARGs)."""

    def __init__(
        self, node: Node, preamble: tuple[Instruction, ...], stages: tuple[Stage, ...]
    ) -> None:
        super().__init__(node)
        self.preamble = preamble
        self.stages = stages

    @property
    def final(self) -> Stage | None:
        return self.stages[-1] if self.stages else None

    @property
    def instructions(self) -> Iterator[Instruction]:
        yield from self.preamble
        for stage in self.stages:
            yield from stage.instructions

    def lineage(self, stage: Stage) -> Iterator[Stage]:
        """The stage, then the earlier stages it is built from."""
        seen: Stage | None = stage
        while seen is not None:
            yield seen
            seen = seen.parent

    def parts(self) -> Iterator[View]:
        yield from self.preamble
        yield from self.stages
