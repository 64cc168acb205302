"""From parsed statements to instructions whose words know their place and their value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from kubeguard.model.dockerfile import Command, Heredoc, Instruction, Word
from kubeguard.model.location import Path
from kubeguard.model.node import Node, Source
from kubeguard.model.trouble import TroubleKind
from kubeguard.sources.dockerfile import limits
from kubeguard.sources.dockerfile.commands import Environment, Script
from kubeguard.sources.dockerfile.grammar import Parsed, Token
from kubeguard.sources.dockerfile.heredocs import Found
from kubeguard.sources.dockerfile.lexer import Mark, Statement
from kubeguard.sources.dockerfile.places import DockerfilePlaces, Spot
from kubeguard.sources.dockerfile.stages import Stages, known
from kubeguard.sources.expansion import ExpansionError, Value, resolve
from kubeguard.sources.mapped import Mapped

_EXPANDED = {
    *("ADD", "ARG", "COPY", "ENV", "EXPOSE", "FROM", "LABEL"),
    *("STOPSIGNAL", "USER", "VOLUME", "WORKDIR"),
}
_RUN = {"RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"}
_LEADING_TABS = re.compile(r"^\t+", re.MULTILINE)


class Builder:
    """Turns statement after statement into an Instruction and hands it to the stages."""

    def __init__(
        self,
        source: Source,
        places: DockerfilePlaces,
        stages: Stages,
        complain: Callable[[TroubleKind, Mark], None],
    ) -> None:
        self.source = source
        self.places = places
        self.stages = stages
        self.complain = complain
        self.escape = "\\"
        self.value: list[object] = []
        self.words = 0

    @property
    def full(self) -> bool:
        return len(self.value) >= limits.INSTRUCTIONS or self.words >= limits.WORDS

    def add(self, parsed: Parsed, statement: Statement, heredocs: Sequence[Found]) -> None:
        """Build the instruction with everything in it."""
        path, entry = (len(self.value),), dict[str, object]()
        line = statement.line
        end = max([statement.end, *(found.body.finish for found in heredocs)])
        self.places.add_named(path, Spot(statement.start, end, *line.span(0, parsed.end)))
        self.value.append(entry)
        draft = _Draft(self, parsed, line, path, entry)
        if parsed.trigger:
            instruction = draft.build((), self._trigger(parsed.trigger, line, draft, heredocs))
        else:
            instruction = draft.build(heredocs)
        self.stages.add(instruction)
        entry["stage"] = self.stages.index

    def _trigger(
        self, parsed: Parsed, line: Mapped, outer: _Draft, heredocs: Sequence[Found]
    ) -> Instruction:
        entry = dict[str, object]()
        outer.entry["trigger"] = entry
        path = (*outer.path, "trigger")
        start, end = line.span(parsed.start, len(line.text))
        self.places.add_named(path, Spot(start, end, *line.span(parsed.start, parsed.end)))
        return _Draft(self, parsed, line, path, entry).build(heredocs)


class _Draft:
    """One instruction in the making."""

    def __init__(
        self, builder: Builder, parsed: Parsed, line: Mapped, path: Path, entry: dict[str, object]
    ) -> None:
        self.builder = builder
        self.source = builder.source
        self.places = builder.places
        self.parsed = parsed
        self.line = line
        self.path = path
        self.entry = entry
        stages = builder.stages
        scope = stages.globals if parsed.keyword == "FROM" else stages.scope
        self.visible = scope.at(scope.clock)
        self.own: dict[str, Value] = {}
        """Before the first FROM an ARG sees those to its left: `ARG a=1 b=$a`."""

    def lookup(self, name: str) -> Value:
        return self.own[name] if name in self.own else self.visible(name)

    def build(
        self, heredocs: Sequence[Found] = (), trigger: Instruction | None = None
    ) -> Instruction:
        """The instruction; `entry` becomes the mapping that its node stands for."""
        parsed = self.parsed
        self.places.add((*self.path, "keyword"), *self.line.span(parsed.start, parsed.end))
        self.entry["keyword"] = parsed.keyword
        flags = self._flags()
        words = self._words()
        self.builder.words += len(words) + len(heredocs)
        self.entry["json"] = parsed.json_form
        instruction = Instruction(
            Node(self.entry, self.source, self.path),
            parsed.keyword,
            words,
            flags,
            json_form=parsed.json_form,
            heredocs=self._heredocs(heredocs),
            trigger=trigger,
            shell=self._shell(heredocs),
        )
        instruction.pipefail = self.builder.stages.shell.pipefail
        return instruction

    def _flags(self) -> dict[str, tuple[Word, ...]]:
        found: dict[str, list[Word]] = {}
        listed: dict[str, list[str]] = {}
        for name, start, value, bare in self.parsed.flags:
            words = found.setdefault(name, [])
            path = (*self.path, "flags", name, len(words))
            place = self.line.span(value.start, value.end)
            key = self.line.span(start, value.end if bare else value.start - 1)
            self.places.add_named(path, Spot(*place, *key))
            words.append(self._word(path, value, place, expand=True))
            listed.setdefault(name, []).append(value.text)
        self.entry["flags"] = listed
        return {name: tuple(words) for name, words in found.items()}

    def _words(self) -> tuple[Word, ...]:
        words: list[Word] = []
        listed: list[str | None] = []
        keyword = self.parsed.keyword
        for number, token in enumerate(self.parsed.words):
            path = (*self.path, "arguments", number)
            listed.append(token and token.text)
            if token is None:
                words.append(Word(Node(None, self.source, path), None))
                continue
            place = self.line.span(token.start, token.end)
            self.places.add(path, *place)
            expand = keyword in _EXPANDED and not (keyword == "FROM" and number)
            word = self._word(path, token, place, expand=expand)
            words.extend(_split(word) if keyword == "EXPOSE" else (word,))
            if number % 2 and keyword == "ARG" and not self.builder.stages.started:
                self.own[words[-2].text] = known(word)
        if keyword == "FROM" and not words:
            words.append(self._no_image())
        self.entry["arguments"] = listed
        return tuple(words)

    def _no_image(self) -> Word:
        """A FROM always has a word for its image, here an empty one behind the keyword."""
        path = (*self.path, "arguments", 0)
        end = self.line.span(self.parsed.start, self.parsed.end)[1]
        self.places.add(path, end, end)
        return Word(Node("", self.source, path), None)

    def _word(self, path: Path, token: Token, place: tuple[int, int], *, expand: bool) -> Word:
        start, end = place
        node = Node(self.source.text[start:end], self.source, path)
        if not expand or token.text.startswith("<<"):
            return Word(node, token.text)
        try:
            value, undeclared = resolve(token.text, self.lookup, self.builder.escape)
        except ExpansionError as error:
            self.builder.complain(TroubleKind.BROKEN, Mark(str(error), start, end))
            return Word(node, None)
        return Word(node, value, undeclared)

    def _heredocs(self, heredocs: Sequence[Found]) -> tuple[Heredoc, ...]:
        made = []
        listed: list[dict[str, object]] = []
        for number, (opener, body) in enumerate(heredocs):
            path = (*self.path, "heredocs", number, "body")
            self.places.add(path, body.start, body.end)
            text = self.source.text[body.start : body.end]
            text = _LEADING_TABS.sub("", text) if opener.chomp else text
            listed.append({"name": opener.name, "body": text, "quoted": opener.quoted})
            made.append(Heredoc(opener.name, Node(text, self.source, path), opener.quoted))
        self.entry["heredocs"] = listed
        return tuple(made)

    def _shell(self, heredocs: Sequence[Found]) -> Callable[[Instruction], tuple[Command, ...]]:
        """How the commands are found when somebody asks for them."""
        parsed, shell = self.parsed, self.builder.stages.shell
        if parsed.keyword not in _RUN or not parsed.words:
            return _no_commands
        if not (shell.posix or parsed.json_form):
            return _no_commands
        size = len(self.line.text) + sum(found.body.end - found.body.start for found in heredocs)
        if size > limits.SCRIPT:
            message = f"more than {limits.SCRIPT:,} characters of shell in one instruction"
            mark = Mark(message, *self.line.span(0, parsed.end))
            self.builder.complain(TroubleKind.OVER_BUDGET, mark)
            return _no_commands
        environment = Environment(self.visible, self.builder.stages.room)
        return Script(self.line, parsed, heredocs, self.places, environment).commands


def _no_commands(_: Instruction) -> tuple[Command, ...]:
    return ()


def _split(word: Word) -> Iterator[Word]:
    """BuildKit splits EXPOSE after variables are put in: `EXPOSE $PORTS`."""
    if word.value is None or len(word.value.split()) == 1:
        yield word
        return
    for part in word.value.split():
        yield Word(word.node, part, word.unknown)
