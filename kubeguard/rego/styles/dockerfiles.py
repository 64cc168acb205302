"""Dockerfiles in the two shapes that policies know: Trivy's stages and conftest's commands.

Both are what BuildKit's parser makes of a file before it understands any of it: keywords in lower
case, quotes and variables as written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from kubeguard.model.dockerfile import Dockerfile
from kubeguard.model.lines import Lines
from kubeguard.model.node import Node
from kubeguard.sources.dockerfile.grammar import HEREDOCS, PAIRS, Parsed, RefusedError, parse
from kubeguard.sources.dockerfile.heredocs import Found, openers
from kubeguard.sources.dockerfile.lexer import SPACE, Lexer, Statement

_DIRECTIVE = re.compile(r"\s*#\s*(?:syntax|escape|check)\s*=", re.IGNORECASE)
_LEADING_TABS = re.compile(r"^\t+", re.MULTILINE)


class Written(NamedTuple):
    """One instruction as it is written; `comments` are those between it and the one before."""

    node: Node
    parsed: Parsed
    line: str
    here_documents: tuple[tuple[Found, str], ...]
    comments: tuple[str, ...]
    stage: int
    first: int
    last: int

    @property
    def keyword(self) -> str:
        return self.parsed.keyword.lower()

    @property
    def told(self) -> Parsed:
        """What an ONBUILD triggers, else the instruction itself."""
        return self.parsed.trigger or self.parsed

    @property
    def trigger(self) -> str:
        """The keyword behind ONBUILD as it is written, else ''."""
        trigger = self.parsed.trigger
        return self.line[trigger.start : trigger.end] if trigger else ""

    @property
    def flags(self) -> list[str] | None:
        """`--name=value`, quotes taken off; None when there are none, as Go has it."""
        flags = self.parsed.flags
        return [f"--{f.name}" if f.bare else f"--{f.name}={f.value.text}" for f in flags] or None

    @property
    def value(self) -> list[str] | None:
        """The arguments; None when there are none."""
        return list(_arguments(self.told, self.line)) or None


class Shapes(NamedTuple):
    """A Dockerfile in both shapes, and the instruction behind each of their entries."""

    stages: dict[str, Any]
    commands: list[dict[str, Any]]
    by_stage: tuple[tuple[Node, ...], ...]
    by_command: tuple[Node, ...]
    by_line: dict[int, Node]


def shapes(view: Dockerfile) -> Shapes:
    """Both shapes of a Dockerfile."""
    written = tuple(_written(view))
    name = view.node.source.name
    stages: list[dict[str, Any]] = []
    nodes: list[list[Node]] = []
    commands: list[dict[str, Any]] = []
    by_command: list[Node] = []
    for each in written:
        if each.keyword == "from" or not stages:
            stages.append({"Name": _stage_name(each), "Commands": []})
            nodes.append([])
        stages[-1]["Commands"].append(_for_trivy(each, name))
        nodes[-1].append(each.node)
        for command in _for_conftest(each):
            commands.append(command)
            by_command.append(each.node)
    return Shapes(
        {"Stages": stages},
        commands,
        tuple(map(tuple, nodes)),
        tuple(by_command),
        {line: each.node for each in reversed(written) for line in _lines_of(each)},
    )


def _lines_of(written: Written) -> range:
    return range(written.first, written.last + 1)


def _stage_name(written: Written) -> str:
    """Trivy's name of a stage: what stands behind FROM, '' for what stands before the first."""
    return written.line.removeprefix("FROM ").strip() if written.keyword == "from" else ""


def _for_trivy(written: Written, path: str) -> dict[str, Any]:
    scripted = bool(written.here_documents) and written.value is not None and not written.trigger
    return {
        "Cmd": written.keyword,
        "SubCmd": written.trigger,
        "Flags": written.flags,
        "Value": [_script(written)] if scripted else written.value,
        "Original": _with_here_documents(written) if scripted else written.line,
        "JSON": written.told.json_form,
        "Stage": written.stage,
        "Path": path,
        "StartLine": written.first,
        "EndLine": written.last,
    }


def _for_conftest(written: Written) -> Iterator[dict[str, Any]]:
    """Comments are commands of their own, in front of the instruction."""
    for comment in written.comments:
        yield _command("comment", "", None, [comment], written.stage, json_form=False)
    yield _command(
        written.keyword,
        written.trigger,
        written.flags,
        written.value,
        written.stage,
        json_form=written.told.json_form,
    )


def _command(
    keyword: str,
    trigger: str,
    flags: list[str] | None,
    value: list[str] | None,
    stage: int,
    *,
    json_form: bool,
) -> dict[str, Any]:
    return {
        "Cmd": keyword,
        "SubCmd": trigger,
        "JSON": json_form,
        "Flags": flags,
        "Value": value,
        "Stage": stage,
    }


def _arguments(parsed: Parsed, line: str) -> Iterator[str]:
    """ENV and LABEL give key, value and what stands between them; ARG gives `key=value`."""
    if parsed.keyword not in PAIRS:
        yield from (word.text for word in parsed.words if word)
        return
    for key, value in zip(parsed.words[::2], parsed.words[1::2], strict=True):
        name = key.text if key else ""
        if parsed.keyword == "ARG":
            yield f"{name}={value.text}" if value else name
        elif key and value:
            yield from (name, value.text, "=" if line[key.end : key.end + 1] == "=" else "")


def _with_here_documents(written: Written) -> str:
    bodies = (f"{body}{found.opener.name}" for found, body in written.here_documents)
    return "\n".join((written.line, *bodies))


def _script(written: Written) -> str:
    """A here-document that is the whole command is a script of its lines; another one is text."""
    first = (written.value or [""])[0]
    found, body = written.here_documents[0]
    whole = [(each.start, each.end) for each in openers(first)] == [(0, len(first))]
    if not whole or body.startswith("#!"):
        bodies = (f"\n{body}{found.opener.name}" for found, body in written.here_documents)
        return "".join((first, *bodies))
    if found.opener.chomp:
        body = _LEADING_TABS.sub("", body)
    return " ; ".join(body.replace("\r\n", "\n").removesuffix("\n").split("\n"))


def _written(view: Dockerfile) -> Iterator[Written]:
    """Each instruction of the view, in order."""
    text = view.node.source.text
    lines = Lines(text)
    nodes = {_start(each.node): each.node for each in view.instructions}
    before = _behind_directives(text)
    stage = -1
    for statement, parsed, found in _statements(text):
        node = nodes.get(lines.position(statement.start))
        end = max([statement.end, *(each.body.finish for each in found)])
        if node is not None:
            stage += parsed.keyword == "FROM"
            yield Written(
                node,
                parsed,
                statement.line.text,
                tuple((each, text[each.body.start : each.body.end]) for each in found),
                tuple(_comments(text[before : statement.start])),
                max(stage, 0),
                lines.position(statement.start)[0],
                lines.position(end)[0],
            )
        before = end


def _start(node: Node) -> tuple[int, int]:
    extent = node.source.places.extent(node.path)
    return (extent.line, extent.column) if extent else (0, 0)


def _statements(text: str) -> Iterator[tuple[Statement, Parsed, Sequence[Found]]]:
    """Statements that can be taken apart, with their here-documents."""
    lexer = Lexer(text)
    for statement in lexer.statements():
        line = statement.line.text
        try:
            parsed = parse(line, lexer.escape)
        except RefusedError:
            parsed = None
        inner = parsed and (parsed.trigger or parsed)
        found: list[Found] = []
        if inner is None or (inner.keyword in HEREDOCS and not inner.json_form):
            found = [
                Found(each, lexer.heredoc(each.name, each.chomp))
                for each in openers(line)
                if lexer.terminator(each.name, each.chomp) is not None
            ]
        if parsed:
            yield statement, parsed, found


def _behind_directives(text: str) -> int:
    """Where the comments at the top of the file that tell BuildKit something end."""
    end = 0
    for line in text.splitlines(keepends=True):
        if not _DIRECTIVE.match(line.removeprefix("\ufeff")):
            break
        end += len(line)
    return end


def _comments(between: str) -> Iterator[str]:
    """The comments between two instructions; an empty one parts those before it from it."""
    found: list[str] = []
    for line in between.split("\n"):
        if line.lstrip(SPACE).startswith("#"):
            comment = line[1:].strip(SPACE)
            found = [*found, comment] if comment else []
    yield from found
