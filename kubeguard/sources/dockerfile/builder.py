"""From parsed statements to instructions whose words know their place and their value."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from kubeguard.model.dockerfile import Command, Heredoc, Instruction, Word
from kubeguard.model.location import Path
from kubeguard.model.node import Node, Source
from kubeguard.model.trouble import TroubleKind
from kubeguard.sources.dockerfile import limits
from kubeguard.sources.dockerfile.commands import Script
from kubeguard.sources.dockerfile.grammar import Parsed, Token
from kubeguard.sources.dockerfile.heredocs import Found
from kubeguard.sources.dockerfile.lexer import Mark, Statement
from kubeguard.sources.dockerfile.places import DockerfilePlaces, Spot
from kubeguard.sources.dockerfile.stages import Stages
from kubeguard.sources.expansion import ExpansionError, resolve
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
        path = (len(self.value),)
        line = statement.line
        end = max([statement.end, *(found.body.finish for found in heredocs)])
        self.places.add_named(path, Spot(statement.start, end, *line.span(0, parsed.end)))
        trigger = None
        entry: dict[str, object] = {}
        self.value.append(entry)
        if parsed.trigger:
            inner: dict[str, object] = {}
            entry["trigger"] = inner
            self.places.add((*path, "trigger"), *line.span(0, len(line.text)))
            trigger = _Draft(self, parsed.trigger, line, (*path, "trigger"), inner)
            heredocs_of, heredocs = heredocs, ()
            built = trigger.build(heredocs_of)
            instruction = _Draft(self, parsed, line, path, entry).build((), built)
        else:
            instruction = _Draft(self, parsed, line, path, entry).build(heredocs)
        self.stages.add(instruction)
        entry["stage"] = self.stages.index


class _Draft:
    """One instruction in the making."""

    def __init__(
        self, builder: Builder, parsed: Parsed, line: Mapped, path: Path, entry: dict[str, object]
    ) -> None:
        self.builder = builder
        self.parsed = parsed
        self.line = line
        self.path = path
        self.entry = entry
        stages = builder.stages
        scope = stages.globals if parsed.keyword == "FROM" else stages.scope
        self.lookup = scope.at(scope.clock)

    def build(
        self, heredocs: Sequence[Found] = (), trigger: Instruction | None = None
    ) -> Instruction:
        parsed, entry, shell = self.parsed, self.entry, self.builder.stages.shell
        entry["keyword"] = keyword = parsed.keyword
        place = self.line.span(parsed.end - len(keyword), parsed.end)
        self.builder.places.add((*self.path, "keyword"), *place)
        flags = self._flags()
        entry["arguments"] = arguments = [self._written(token) for token in parsed.words]
        words = self._words(arguments)
        self.builder.words += len(words) + len(heredocs)
        entry["json"] = parsed.json_form
        bodies = self._heredocs(heredocs)
        instruction = Instruction(
            Node(entry, self.builder.source, self.path),
            parsed.keyword,
            words,
            flags,
            json_form=parsed.json_form,
            heredocs=bodies,
            trigger=trigger,
            shell=self._shell(heredocs),
        )
        instruction.pipefail = shell.pipefail
        return instruction

    def _written(self, token: Token | None) -> str | None:
        return self.line.text[token.start : token.end] if token else None

    def _flags(self) -> dict[str, tuple[Word, ...]]:
        found: dict[str, list[Word]] = {}
        listed: dict[str, list[str]] = {}
        for flag in self.parsed.flags:
            written = self.line.text[flag.value.start : flag.value.end]
            path = (*self.path, "flags", flag.name, len(found.setdefault(flag.name, [])))
            start, end = self.line.span(flag.value.start, flag.value.end)
            name = self.line.span(
                flag.start, flag.value.start - 1 if not flag.bare else flag.value.end
            )
            self.builder.places.add_named(path, Spot(start, end, *name))
            listed.setdefault(flag.name, []).append(written)
            found[flag.name].append(self._word(path, written, flag.value, expand=True))
        self.entry["flags"] = listed
        return {name: tuple(words) for name, words in found.items()}

    def _words(self, arguments: list[str | None]) -> tuple[Word, ...]:
        words: list[Word] = []
        keyword = self.parsed.keyword
        expanded = keyword in _EXPANDED
        for number, (token, written) in enumerate(zip(self.parsed.words, arguments, strict=True)):
            path = (*self.path, "arguments", number)
            if token is None or written is None:
                words.append(Word(Node(None, self.builder.source, path), None))
                continue
            self.builder.places.add(path, *self.line.span(token.start, token.end))
            takes_variables = expanded and not (keyword == "FROM" and number)
            word = self._word(path, written, token, expand=takes_variables)
            words.extend(_split(word) if keyword == "EXPOSE" else (word,))
        if keyword == "FROM" and not words:
            words.append(Word(Node("", self.builder.source, self.path), None))
        return tuple(words)

    def _word(self, path: Path, written: str, token: Token, *, expand: bool) -> Word:
        node = Node(written, self.builder.source, path)
        if not expand or token.text.startswith("<<"):
            return Word(node, token.text)
        try:
            value, undeclared = resolve(token.text, self.lookup, self.builder.escape)
        except ExpansionError as bad:
            mark = Mark(str(bad), *self.line.span(token.start, token.end))
            self.builder.complain(TroubleKind.BROKEN, mark)
            return Word(node, None)
        return Word(node, value, undeclared)

    def _heredocs(self, heredocs: Sequence[Found]) -> tuple[Heredoc, ...]:
        made = []
        listed: list[dict[str, object]] = []
        for number, (opener, body) in enumerate(heredocs):
            path = (*self.path, "heredocs", number, "body")
            self.builder.places.add(path, body.start, body.end)
            text = self.builder.source.text[body.start : body.end]
            text = _LEADING_TABS.sub("", text) if opener.chomp else text
            listed.append({"name": opener.name, "body": text, "quoted": opener.quoted})
            made.append(Heredoc(opener.name, Node(text, self.builder.source, path), opener.quoted))
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
        return Script(self.line, parsed, heredocs, self.builder.places, self.lookup).commands


def _no_commands(_: Instruction) -> tuple[Command, ...]:
    return ()


def _split(word: Word) -> Iterator[Word]:
    """BuildKit splits EXPOSE after variables are put in: `EXPOSE $PORTS`."""
    if word.value is None or len(word.value.split()) == 1:
        yield word
        return
    for part in word.value.split():
        yield Word(word.node, part, word.unknown)
