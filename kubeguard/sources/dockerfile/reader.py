"""From the text of a Dockerfile to its stages and instructions; what is broken is said and left."""

from __future__ import annotations

from kubeguard.model.dockerfile import Dockerfile
from kubeguard.model.lines import Lines
from kubeguard.model.node import Node, Source, Subject
from kubeguard.model.trouble import Trouble, TroubleKind
from kubeguard.sources.budget import BUDGET
from kubeguard.sources.dockerfile import limits
from kubeguard.sources.dockerfile.builder import Builder
from kubeguard.sources.dockerfile.complaints import complaints
from kubeguard.sources.dockerfile.grammar import HEREDOCS, Parsed, RefusedError, parse
from kubeguard.sources.dockerfile.heredocs import Found, openers
from kubeguard.sources.dockerfile.lexer import Lexer, Mark, Statement
from kubeguard.sources.dockerfile.places import DockerfilePlaces
from kubeguard.sources.dockerfile.stages import Stages

_TEMPLATE = ("{{", "{%", "<%")


def read(name: str, text: str) -> tuple[Dockerfile | None, tuple[Trouble, ...]]:
    """The Dockerfile, None when nothing in the text is an instruction, and what was wrong."""
    reader = _Reader(name, text)
    dockerfile = reader.run()
    return dockerfile, tuple(reader.troubles)


class _TemplateError(Exception):
    """The text becomes a Dockerfile only when a template engine has been over it."""


class _Reader:
    """One file and what went wrong with it."""

    def __init__(self, name: str, text: str) -> None:
        self.places = DockerfilePlaces(Lines(text))
        self.source = Source(name, text, self.places, subject=Subject("Dockerfile", "", name))
        self.lexer = Lexer(text)
        self.stages = Stages()
        self.builder = Builder(self.source, self.places, self.stages, self._trouble)
        self.troubles: list[Trouble] = []
        self.marks = 0

    def run(self) -> Dockerfile | None:
        if len(self.source.text) > limits.TEXT:
            self._trouble(
                TroubleKind.OVER_BUDGET, Mark(f"more than {limits.TEXT:,} characters", 0, 0)
            )
            return None
        try:
            self._statements()
        except _TemplateError as template:
            self.troubles.clear()
            self._trouble(TroubleKind.TEMPLATE, template.args[0])
            return None
        for mark in self.lexer.marks:
            self._broken(mark)
        return self._whole()

    def _statements(self) -> None:
        for statement in self.lexer.statements():
            if self.builder.full:
                message = (
                    f"more than {limits.INSTRUCTIONS:,} instructions or {limits.WORDS:,} words"
                )
                self._trouble(
                    TroubleKind.OVER_BUDGET, Mark(message, statement.start, statement.end)
                )
                return
            self._statement(statement)
            if len(self.troubles) >= BUDGET.troubles:
                return

    def _statement(self, statement: Statement) -> None:
        line = statement.line
        self.builder.escape = self.lexer.escape
        try:
            parsed = parse(line.text, self.lexer.escape)
        except RefusedError as refused:
            self._refuse(refused.mark, statement)
            return
        heredocs = self._heredocs(parsed, statement)
        if len(parsed.flags) + len(parsed.words) + len(heredocs) > limits.WORDS_OF_ONE:
            message = f"more than {limits.WORDS_OF_ONE:,} words in one instruction"
            mark = _placed(Mark(message, 0, parsed.end), statement)
            self._trouble(TroubleKind.OVER_BUDGET, mark)
            return
        usable = _usable(parsed)
        for mark in complaints(parsed, len(line.text.rstrip())):
            if parsed.keyword == "FROM" and any(sign in line.text for sign in _TEMPLATE):
                raise _TemplateError(_placed(_needs_rendering(mark), statement))
            self._broken(_placed(mark, statement))
        if usable:
            self.builder.add(parsed, statement, heredocs)

    def _refuse(self, mark: Mark, statement: Statement) -> None:
        line = statement.line
        if line.text[mark.start : mark.end].startswith(_TEMPLATE):
            raise _TemplateError(_placed(_needs_rendering(mark), statement))
        self._broken(_placed(mark, statement))
        for _, _, name, chomp, _ in openers(line.text):
            if self.lexer.terminator(name, chomp) is not None:
                self.lexer.heredoc(name, chomp)

    def _heredocs(self, parsed: Parsed, statement: Statement) -> list[Found]:
        inner = parsed.trigger or parsed
        found: list[Found] = []
        if inner.keyword not in HEREDOCS or inner.json_form:
            return found
        for opener in openers(statement.line.text):
            body = self.lexer.heredoc(opener.name, opener.chomp)
            found.append(Found(opener, body))
            if not body.terminated:
                message = f"no line says {opener.name[:40]!r} to end this here-document"
                self._broken(_placed(Mark(message, opener.start, opener.end), statement))
                break
        return found

    def _whole(self) -> Dockerfile | None:
        """What can be said only after the last line."""
        preamble, stages = self.stages.finish()
        value = self.builder.value
        if not value and not self.troubles:
            self._broken(Mark("the file has no instructions", 0, 0))
        elif value and not stages:
            self._broken(Mark("there is no FROM", 0, 0))
        return Dockerfile(Node(value, self.source), preamble, stages) if value else None

    def _broken(self, mark: Mark) -> None:
        self._trouble(TroubleKind.BROKEN, mark)

    def _trouble(self, kind: TroubleKind, mark: Mark) -> None:
        path = ("troubles", len(self.troubles))
        self.places.add(path, mark.start, mark.end)
        self.troubles.append(Trouble(Node(mark.message, self.source, path), kind, mark.message))


def _usable(parsed: Parsed) -> bool:
    """Whether checks can rely on the number of its words; a FROM always opens a stage."""
    keyword, count = parsed.keyword, len(parsed.words)
    if keyword in ("ADD", "COPY"):
        return count >= 2
    if keyword in ("RUN", "CMD", "ENTRYPOINT", "FROM"):
        return True
    if keyword == "ONBUILD":
        return parsed.trigger is not None and _usable(parsed.trigger)
    return count > 0


def _placed(mark: Mark, statement: Statement) -> Mark:
    """Offsets of the file instead of the joined line."""
    return Mark(mark.message, *statement.line.span(mark.start, mark.end))


def _needs_rendering(mark: Mark) -> Mark:
    return Mark("a template, to be rendered before it is a Dockerfile", mark.start, mark.end)
