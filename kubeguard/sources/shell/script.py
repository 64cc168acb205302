"""From a shell script to its simple commands, by way of tree-sitter's bash grammar."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from itertools import chain, pairwise
from operator import attrgetter
from typing import TYPE_CHECKING

from kubeguard.sources.expansion import Lookup, Missing, Room
from kubeguard.sources.mapped import Mapped
from kubeguard.sources.shell.lexemes import Call, Input, Lexeme
from kubeguard.sources.shell.recorder import LEAVES, MAX_DEPTH, Recorder
from kubeguard.sources.shell.tree import trees
from kubeguard.sources.shell.variables import Variables
from kubeguard.sources.shell.words import Words

if TYPE_CHECKING:
    from tree_sitter import Node

_WORDS = LEAVES | {
    *("string", "concatenation", "expansion", "command_substitution", "process_substitution"),
    *("command_name", "arithmetic_expansion", "brace_expression", "translated_string"),
}

_GROUPS = {
    *("subshell", "compound_statement", "redirected_statement", "if_statement"),
    *("case_statement", "for_statement", "while_statement"),
}


def parse(
    script: Mapped,
    lookup: Lookup,
    room: Room | None = None,
    *,
    pipefail: bool = False,
    inputs: Sequence[Input] = (),
) -> list[Call]:
    """The simple commands of a script in the order of its text; never raises on any text.

    `lookup` knows the environment, `room` bounds what variables may expand to, `inputs` are
    here-documents that are not in the script.
    """
    calls: list[Call] = []
    _Walker(script, Variables(lookup, room or Room()), calls, pipefail=pipefail).run(inputs)
    return calls


def exec_form(words: Sequence[Lexeme], lookup: Lookup, room: Room | None = None) -> list[Call]:
    """The command that a JSON array stands for, and those of the script it may carry."""
    calls: list[Call] = []
    walker = _Walker(Mapped(()), Variables(lookup, room or Room()), calls)
    walker.emit(words, words[0].start, words[-1].end)
    return calls


class _Walker(Recorder):
    """Goes through one script from left to right and remembers what its variables hold."""

    def run(self, inputs: Sequence[Input] = ()) -> None:
        script, text = self.script, _blanked(self.script.text, inputs)
        first = len(self.calls)
        for tree in trees(text):
            if tree.end - tree.start < len(text):
                self.script = script.slice(tree.start, tree.end)
                self.words = Words(self.script, self.variables.lookup)
            self.visit(tree.root)
        own = self.calls[first:]
        for start, end, body in inputs if own else ():
            before = bisect_right(own, script.span(start, end)[0], key=attrgetter("start"))
            self.feed(own[max(before - 1, 0)], body)

    def visit(self, node: Node) -> None:
        """Dispatch on the kind of node; what has no method of its own is looked into."""
        if self.depth >= MAX_DEPTH:
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
        self._pipe(node, self.piped)

    def _pipe(self, node: Node, outer: Call | None) -> None:
        """`outer` is what the pipe as a whole, and all that follows it, reads from."""
        if self.depth >= MAX_DEPTH:
            self._flat(node)
            return
        self.depth += 1
        for child in node.named_children:
            self.latest, first = None, len(self.calls)
            if child.type == "list":
                self._misnested(child, outer)
            else:
                self.visit(child)
            if child.type in _GROUPS:
                self._join(self.calls[first:])
            self.piped = self.latest
        self.piped = outer
        self.depth -= 1

    def _join(self, calls: Sequence[Call]) -> None:
        """Let the commands of a group that write into the pipe behind it know each other."""
        read = {id(call.piped_from) for call in calls}
        writing = [c for c in calls if c.inside is self.inside and id(c) not in read]
        for before, call in pairwise(writing):
            call.beside = before

    def _misnested(self, node: Node, outer: Call | None) -> None:
        """The grammar takes `a | b || c` for a pipe into `b || c`: only `b` reads from it."""
        first = node
        behind: list[list[Node]] = []
        while first.type == "list":
            first, *others = first.named_children
            behind.append(others)
        if first.type == "pipeline":
            self._pipe(first, outer)
        else:
            self.visit(first)
        for child in chain.from_iterable(reversed(behind)):
            self.piped = outer
            self.visit(child)

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

    def redirected(self, node: Node) -> None:
        for child in node.named_children:
            if child.type == "heredoc_redirect":
                self._heredoc(child)
            elif child.type == "file_redirect":
                self.within(self.latest, (child,))
            else:
                self.visit(child)

    def _heredoc(self, node: Node) -> None:
        """Here the grammar keeps what follows the operator on its line, `| sh` or `&& x`."""
        reader, outer = self.latest, self.piped
        for child in node.named_children:
            if child.type == "heredoc_body":
                if reader:
                    body = self.script.slice(child.start_byte, child.end_byte)
                    self.feed(reader, body)
                self.within(reader, child.named_children)
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
                self.simple(run, run[0].start_byte, run[-1].end_byte)
            run = []
            if child is not None:
                self.visit(child)


def _blanked(text: str, inputs: Sequence[Input]) -> str:
    """The operators of here-documents whose bodies are elsewhere mean nothing to the parser."""
    parts, at = [], 0
    for start, end, _ in inputs:
        parts += [text[at:start], " " * (end - start)]
        at = end
    return "".join([*parts, text[at:]])


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
    **dict.fromkeys(LEAVES, _Walker.nothing),
}
