"""Commands as they are met: recorded, and followed into the scripts they carry."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

from kubeguard.sources.expansion import MAX_LENGTH, Missing, Value
from kubeguard.sources.mapped import Mapped, Piece
from kubeguard.sources.shell.lexemes import UNKNOWN, Call, Input, Lexeme, lexeme, split
from kubeguard.sources.shell.variables import Variables
from kubeguard.sources.shell.words import Words
from kubeguard.sources.shell.wrappers import SHELLS, executed, invocation, pipefail_after, unwrap

if TYPE_CHECKING:
    from tree_sitter import Node

MAX_DEPTH = 100
LEAVES = {"word", "number", "raw_string", "simple_expansion", "ansi_c_string", "comment"}
_MAX_NESTING = 6
_RESERVED = {"}", "{", "done", "fi", "esac", "then", "do", "else", "elif"}
_REDIRECTS = {"file_redirect", "herestring_redirect", "heredoc_redirect"}


class Recorder(ABC):
    """The state of a running script: its variables, its options, and the commands so far.

    `piped` is the command that the next one reads from, `inside` the one whose words it stands in,
    `latest` the last one on this level.
    """

    def __init__(
        self,
        script: Mapped,
        variables: Variables,
        calls: list[Call],
        *,
        pipefail: bool = False,
        nesting: int = 0,
    ) -> None:
        self.script = script
        self.variables = variables
        self.calls = calls
        self.pipefail = pipefail
        self.nesting = nesting
        self.depth = 0
        self.words = Words(script, variables.lookup)
        self.piped: Call | None = None
        self.inside: Call | None = None
        self.latest: Call | None = None

    @abstractmethod
    def run(self, inputs: Sequence[Input] = ()) -> None:
        """Go through the script; `inputs` are here-documents that are not in it."""

    @abstractmethod
    def visit(self, node: Node) -> None:
        """Go through one node of its tree."""

    def command(self, node: Node) -> None:
        self.simple(node.children, node.start_byte, node.end_byte)

    def simple(self, children: Sequence[Node], start: int, end: int) -> None:
        """A command made of these nodes: assignments, words and redirections."""
        words: list[Lexeme] = []
        assignments: dict[str, Lexeme] = {}
        inner: list[Node] = []
        strings: list[Node] = []
        for child in children:
            kind = child.type
            if kind in _REDIRECTS:
                inner.append(child)
                if kind == "herestring_redirect":
                    strings.extend(child.named_children)
                continue
            if kind == "variable_assignment":
                assignments[self._name(child)] = self._value(child)
            else:
                word = self.words.word(child)
                words.extend(split(word) if len(word.fragments) > 1 or _splits(word) else (word,))
            if kind not in LEAVES:
                inner.append(child)
        if not words or words[0].value in _RESERVED:
            self.within(None, inner)
            return
        call = self.emit(words, *self.script.span(start, end), assignments)
        self.within(call, inner)
        for string in strings:
            self.feed(call, Mapped(self.words.word(string).pieces))

    def within(self, call: Call | None, nodes: Sequence[Node]) -> None:
        """Look for substitutions in the words of a command."""
        if self.depth >= MAX_DEPTH:
            return
        outer, self.inside = self.inside, call or self.inside
        for node in nodes:
            self.visit(node)
        self.inside = outer

    def declaration(self, node: Node) -> None:
        """`export A=1`, `local`, `readonly`, `unset`: a command that also sets variables."""
        words = [self.words.word(child) for child in node.children if child.type != "comment"]
        call = self.emit(words, *self.script.span(node.start_byte, node.end_byte))
        for child in node.named_children:
            if child.type == "variable_assignment":
                self.variables.set(*self._assigned(child))
            elif child.type == "variable_name":
                self.variables.touch(self._text(child))
        self.within(call, node.named_children)

    def assignment(self, node: Node) -> None:
        name, value = self._assigned(node)
        self.variables.set(name, value)
        self.within(None, node.named_children)

    def _name(self, node: Node) -> str:
        return self._text(node.named_children[0]) if node.named_children else ""

    def _value(self, node: Node) -> Lexeme:
        """What stands behind the `=` of an assignment."""
        if len(node.named_children) > 1:
            return self.words.word(node.named_children[1])
        end = self.script.span(node.start_byte, node.end_byte)[1]
        return lexeme((), end, end)

    def _assigned(self, node: Node) -> tuple[str, Value]:
        name, value = self._name(node), self._value(node).value
        if value is not None and "+=" in self._text(node)[: len(name) + 2]:
            before = self.variables.lookup(name)
            value = before + value if isinstance(before, str) else None
            if value is not None and len(value) > MAX_LENGTH:
                value = None
        return name, Missing.OPAQUE if value is None else value

    def _text(self, node: Node) -> str:
        return self.script.text[node.start_byte : node.end_byte]

    def emit(
        self,
        words: Sequence[Lexeme],
        start: int,
        end: int,
        assignments: dict[str, Lexeme] | None = None,
    ) -> Call:
        """Record a command, and those of the script among its words if it is a shell."""
        inner, wrappers, more = unwrap(words)
        call = Call(
            start,
            end,
            inner,
            wrappers,
            {**(assignments or {}), **more},
            piped_from=self.piped,
            inside=self.inside,
            pipefail=self.pipefail,
        )
        self.calls.append(call)
        self._consequences(call)
        self.latest = call
        return call

    def _consequences(self, call: Call) -> None:
        """What a command does to the rest of the script, or brings along as a script."""
        program = call.program
        if program == "set":
            options = [word.text for word in call.words[1:]]
            self.pipefail = pipefail_after(options, before=self.pipefail)
        elif program == "read":
            for word in call.words[1:]:
                self.variables.touch(word.text)
        elif program in SHELLS:
            start = invocation(call.words)
            if start.script:
                self._nested(Mapped(start.script.pieces), pipefail=start.pipefail)
        elif program == "eval":
            self._nested(_joined(call.words[1:]), variables=self.variables)
        elif program in ("su", "runuser"):
            for option, word in zip(call.words[1:], call.words[2:], strict=False):
                if option.text in ("-c", "--command"):
                    self._nested(Mapped(word.pieces))
        elif program == "find":
            for words in executed(call.words):
                self.emit(words, words[0].start, words[-1].end)

    def feed(self, call: Call, body: Mapped) -> None:
        """A here-document is a script when what reads it is a shell without another one."""
        if call.program in SHELLS:
            start = invocation(call.words)
            if start.reads_input:
                self._nested(body, pipefail=start.pipefail)

    def _nested(
        self, script: Mapped, *, pipefail: bool = False, variables: Variables | None = None
    ) -> None:
        if self.nesting >= _MAX_NESTING or not script.text.replace(UNKNOWN, "").strip():
            return
        walker = type(self)(
            script,
            self.variables.fresh() if variables is None else variables,
            self.calls,
            pipefail=pipefail if variables is None else self.pipefail,
            nesting=self.nesting + 1,
        )
        walker.depth = self.depth
        walker.piped = self.piped
        walker.run()
        if variables is not None:
            self.pipefail = walker.pipefail


def _joined(words: Sequence[Lexeme]) -> Mapped:
    """Words with a blank between them, as `eval` reads them."""
    pieces: list[Piece] = []
    for word in words:
        pieces.append(Piece(" ", word.start, word.start))
        pieces.extend(word.pieces)
    return Mapped(pieces)


def _splits(word: Lexeme) -> bool:
    return any(fragment.splits for fragment in word.fragments)
