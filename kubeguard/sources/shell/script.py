"""From a shell script to its simple commands, by way of tree-sitter's bash grammar."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from kubeguard.sources.expansion import Lookup, Missing, Value
from kubeguard.sources.mapped import Mapped, Piece
from kubeguard.sources.shell.lexemes import Call, Input, Lexeme, assigned_value, split
from kubeguard.sources.shell.tree import trees
from kubeguard.sources.shell.variables import Variables
from kubeguard.sources.shell.words import Words
from kubeguard.sources.shell.wrappers import SHELLS, invocation, pipefail_after, unwrap

if TYPE_CHECKING:
    from tree_sitter import Node

_MAX_NESTING = 6
_MAX_DEPTH = 150
_RESERVED = {"}", "{", "done", "fi", "esac", "then", "do", "else", "elif"}
_LEAVES = {"word", "number", "raw_string", "simple_expansion", "ansi_c_string", "comment"}
_REDIRECTS = {"file_redirect", "herestring_redirect", "heredoc_redirect"}
_WORDS = _LEAVES | {
    *("string", "concatenation", "expansion", "command_substitution", "process_substitution"),
    *("command_name", "arithmetic_expansion", "brace_expression", "translated_string"),
}


def parse(
    script: Mapped, lookup: Lookup, *, pipefail: bool = False, inputs: Sequence[Input] = ()
) -> list[Call]:
    """The simple commands of a script in the order of its text; never raises on any text.

    `lookup` knows the environment, `inputs` are here-documents that are not in the script.
    """
    calls: list[Call] = []
    _Walker(script, lookup, calls, pipefail=pipefail).run(inputs)
    return calls


def exec_form(words: Sequence[Lexeme], lookup: Lookup) -> list[Call]:
    """The command that a JSON array stands for, and those of the script it may carry."""
    calls: list[Call] = []
    walker = _Walker(Mapped(()), lookup, calls)
    walker.emit(words, words[0].start, words[-1].end)
    return calls


class _Walker:
    """Goes through one script from left to right and remembers what its variables hold."""

    def __init__(
        self,
        script: Mapped,
        lookup: Lookup,
        calls: list[Call],
        *,
        pipefail: bool = False,
        nesting: int = 0,
    ) -> None:
        self.script = script
        self.environment = lookup
        self.calls = calls
        self.pipefail = pipefail
        self.nesting = nesting
        self.depth = 0
        self.variables = Variables(lookup)
        self.words = Words(script, self.variables.lookup)
        self.piped: Call | None = None
        self.inside: Call | None = None
        self.latest: Call | None = None

    def run(self, inputs: Sequence[Input] = ()) -> None:
        script, text = self.script, self.script.text
        for start, end, _ in inputs:
            text = text[:start] + " " * (end - start) + text[end:]
        first = len(self.calls)
        for tree in trees(text):
            if tree.end - tree.start < len(text):
                self.script = script.slice(tree.start, tree.end)
                self.words = Words(self.script, self.variables.lookup)
            self.visit(tree.root)
        own = self.calls[first:]
        for start, end, body in inputs:
            place = script.span(start, end)[0]
            before = [call for call in own if call.start <= place]
            if reader := (before[-1] if before else next(iter(own), None)):
                self._feed(reader, body)

    def visit(self, node: Node) -> None:
        """Dispatch on the kind of node; what has no method of its own is looked into."""
        if self.depth >= _MAX_DEPTH:
            self._flat(node)
            return
        self.depth += 1
        _METHODS.get(node.type, _Walker.children)(self, node)
        self.depth -= 1

    def _flat(self, node: Node) -> None:
        """Nobody nests this deep: take the commands one by one, without what surrounds them."""
        waiting = [node]
        while waiting:
            node = waiting.pop()
            if node.type in ("command", "declaration_command"):
                self.command(node)
            waiting.extend(reversed(node.named_children))

    def children(self, node: Node) -> None:
        for child in node.named_children:
            self.visit(child)

    def listing(self, node: Node) -> None:
        """`a && b && c` is a tree as deep as it is long: walked here without depth."""
        waiting = [node]
        while waiting:
            node = waiting.pop()
            if node.type == "list":
                waiting.extend(reversed(node.named_children))
            else:
                self.visit(node)

    def nothing(self, node: Node) -> None:
        """Kinds that hold no commands, which spares looking into them."""

    def pipeline(self, node: Node) -> None:
        outer = self.piped
        for child in node.named_children:
            self.latest = None
            if child.type == "list":
                self._misnested(child, outer)
            else:
                self.visit(child)
            self.piped = self.latest
        self.piped = outer

    def _misnested(self, node: Node, outer: Call | None) -> None:
        """The grammar takes `a |& b || c` for a pipe into `b || c`: only `b` reads from it."""
        for child in node.named_children:
            self.visit(child)
            self.piped = outer

    def subshell(self, node: Node) -> None:
        """Variables and options that are set inside do not come out."""
        pipefail, saved = self.pipefail, self.variables.save()
        self.children(node)
        self.pipefail = pipefail
        self.variables.restore(saved)

    def substitution(self, node: Node) -> None:
        """`$(...)`, `<(...)`: reads nothing from the pipe around it."""
        piped, latest, self.piped = self.piped, self.latest, None
        self.subshell(node)
        self.piped, self.latest = piped, latest

    def choice(self, node: Node) -> None:
        """if, case, loops and functions: what they assign is known only if all ways agree."""
        before = self.variables.save()
        ends = [before]
        for child in node.named_children:
            if child.type in ("elif_clause", "else_clause", "case_item"):
                ends.append(self.variables.save())
                self.variables.restore(before)
            if child.type == "variable_name":
                self.variables.set(self._text(child), Missing.OPAQUE)
            self.visit(child)
        ends.append(self.variables.save())
        if any(child.type == "else_clause" for child in node.named_children):
            del ends[0]
        self.variables.merge(ends)

    def assignment(self, node: Node) -> None:
        name, value = self._assigned(node)
        self.variables.set(name, value)
        self.children(node)

    def _assigned(self, node: Node) -> tuple[str, Value]:
        named = node.named_children
        name = self._text(named[0]) if named else ""
        if len(named) < 2:
            return name, ""
        value = None if named[1].type == "array" else self.words.word(named[1]).value
        if value is not None and "+=" in self._text(node)[: len(name) + 2]:
            before = self.variables.lookup(name)
            value = before + value if isinstance(before, str) else None
        return name, Missing.OPAQUE if value is None else value

    def _text(self, node: Node) -> str:
        return self.script.text[node.start_byte : node.end_byte]

    def declaration(self, node: Node) -> None:
        """`export A=1`, `local`, `readonly`, `unset`: a command that also sets variables."""
        words = [self.words.word(child) for child in node.children if child.type != "comment"]
        call = self.emit(words, *self.script.span(node.start_byte, node.end_byte))
        for child in node.named_children:
            if child.type == "variable_assignment":
                self.variables.set(*self._assigned(child))
            elif child.type == "variable_name":
                self.variables.touch(self._text(child))
        self._within(call, node.named_children)

    def command(self, node: Node) -> None:
        self._command(node.children, node.start_byte, node.end_byte)

    def _command(self, children: Sequence[Node], start: int, end: int) -> None:
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
                assignments[self._text(child.named_children[0])] = assigned_value(
                    self.words.word(child)
                )
            else:
                word = self.words.word(child)
                words.extend(split(word) if len(word.fragments) > 1 or _splits(word) else (word,))
            if kind not in _LEAVES:
                inner.append(child)
        if not words or words[0].value in _RESERVED:
            self._within(None, inner)
            return
        call = self.emit(words, *self.script.span(start, end), assignments)
        self._within(call, inner)
        for string in strings:
            self._feed(call, Mapped(self.words.word(string).pieces))

    def _within(self, call: Call | None, nodes: Sequence[Node]) -> None:
        """Look for substitutions in the words of a command."""
        if self.depth >= _MAX_DEPTH:
            return
        outer, self.inside = self.inside, call or self.inside
        for node in nodes:
            self.visit(node)
        self.inside = outer

    def redirected(self, node: Node) -> None:
        for child in node.named_children:
            if child.type == "heredoc_redirect":
                self._heredoc(child)
            else:
                self.visit(child)

    def _heredoc(self, node: Node) -> None:
        """Here the grammar keeps what follows the operator on its line, `| sh` or `&& x`."""
        reader, outer = self.latest, self.piped
        for child in node.named_children:
            if child.type == "heredoc_body":
                if reader:
                    body = self.script.slice(child.start_byte, child.end_byte)
                    self._feed(reader, body)
                self._within(reader, child.named_children)
                continue
            self.piped = reader if child.type == "pipeline" else outer
            self.visit(child)
        self.piped = outer

    def error(self, node: Node) -> None:
        """Broken shell: a run of words that no command claims is taken for one."""
        run: list[Node] = []
        for child in (*node.children, None):
            if child is not None and child.type in _WORDS:
                run.append(child)
                continue
            if run:
                self._command(run, run[0].start_byte, run[-1].end_byte)
            run = []
            if child is not None:
                self.visit(child)

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
            self.piped,
            self.inside,
            self.pipefail,
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

    def _feed(self, call: Call, body: Mapped) -> None:
        """A here-document is a script when what reads it is a shell without another one."""
        if call.program in SHELLS:
            start = invocation(call.words)
            if start.reads_input:
                self._nested(body, pipefail=start.pipefail)

    def _nested(
        self, script: Mapped, *, pipefail: bool = False, variables: Variables | None = None
    ) -> None:
        if self.nesting >= _MAX_NESTING or not script.text.strip():
            return
        walker = _Walker(
            script, self.environment, self.calls, pipefail=pipefail, nesting=self.nesting + 1
        )
        if variables is not None:
            walker.variables = variables
            walker.words = Words(script, variables.lookup)
            walker.pipefail = self.pipefail
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


_METHODS: dict[str, Callable[[_Walker, Node], None]] = {
    "command": _Walker.command,
    "list": _Walker.listing,
    "pipeline": _Walker.pipeline,
    "subshell": _Walker.subshell,
    "command_substitution": _Walker.substitution,
    "process_substitution": _Walker.substitution,
    "redirected_statement": _Walker.redirected,
    "variable_assignment": _Walker.assignment,
    "declaration_command": _Walker.declaration,
    "unset_command": _Walker.declaration,
    "ERROR": _Walker.error,
    **dict.fromkeys(
        (
            "if_statement",
            "case_statement",
            "for_statement",
            "while_statement",
            "c_style_for_statement",
            "function_definition",
        ),
        _Walker.choice,
    ),
    **dict.fromkeys(_LEAVES, _Walker.nothing),
}
