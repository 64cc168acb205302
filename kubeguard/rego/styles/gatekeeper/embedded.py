"""Rego inside YAML, compiled so that OPA speaks of the lines and columns of the YAML file."""

from __future__ import annotations

import re

from kubeguard.model.location import dotted
from kubeguard.model.node import Node
from kubeguard.rego.engine import CompileError, Diagnostic, Module

_TOKEN = re.compile(r'"(?:[^"\\\n]|\\.)*"|#[^\n]*|`[^`]*`')


def refusal(node: Node, message: str, code: str = "gatekeeper") -> CompileError:
    """What is wrong with a place in a template or constraint."""
    span = node.location.span
    name = node.source.name
    if span is None:
        return CompileError([Diagnostic(code, message, name)])
    text = node.source.places.lines.line(span.line)
    return CompileError([Diagnostic(code, message, name, span.line, span.column, text)])


def module(node: Node, version: str, *, first: bool) -> Module:
    """The Rego in a scalar. The first of a template has the name of its file, the others one of
    their own, as no two modules may be called alike."""
    name, path = node.source.name, dotted(node.path)
    placed = _placed(node)
    if placed is None:
        return Module(f"{name} ({path})", node.text, version)
    return Module(name if first else f"{name} ({path})", placed, version)


def in_file(said: Diagnostic, nodes: dict[str, Node]) -> Diagnostic:
    """What OPA says about a module, with the name of the file where its lines are those of it."""
    node = nodes.get(said.file)
    if node is None or _placed(node) is None:
        return said
    return said._replace(file=node.source.name)


def _placed(node: Node) -> str | None:
    """The text behind as many line feeds and with as much margin as it has in its file.

    None where lines of the text are not lines of the file: folded and quoted scalars.
    """
    span = node.location.span
    if span is None:
        return None
    told = node.text.rstrip("\n").split("\n")
    there = [node.source.places.lines.line(span.line + 1 + number) for number in range(len(told))]
    margin = next((_margin(f, t) for f, t in zip(there, told, strict=True) if t.strip()), "")
    if not margin or margin.strip():
        return None
    for line, text in zip(there, told, strict=True):
        if line != margin + text and (line.strip() or text.strip()):
            return None
    inside = _inside_raw_strings(node.text)
    moved = (text if n in inside else margin + text for n, text in enumerate(told))
    return "\n" * span.line + "\n".join(moved) + "\n"


def _margin(line: str, text: str) -> str:
    return line[: -len(text)] if line.endswith(text) else ""


def _inside_raw_strings(text: str) -> set[int]:
    """The lines, from 0, that begin inside a raw string, where a margin would mean something."""
    inside: set[int] = set()
    for found in _TOKEN.finditer(text):
        if found[0].startswith("`"):
            first = text.count("\n", 0, found.start())
            inside.update(range(first + 1, first + found[0].count("\n") + 1))
    return inside
