"""Credentials on a command line, where every process list on the node shows them."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kubeguard.checks.kit import Credential, Node, credentials

_OPTION = re.compile(r"--?(?P<key>[A-Za-z][\w.\-]*+)")
_KEY = re.compile(
    r"(?<![\w.\-$])"
    r"(?:--?(?P<option>[A-Za-z][\w.\-]*+)(?:=|[ \t]++)|(?P<name>[A-Za-z_]\w*+)=)"
)
_VALUE = re.compile(
    r"\"(?P<double>[^\"\n]*+)\"|'(?P<single>[^'\n]*+)'|(?P<bare>[^\s\"'\-][^\s\"';&|)]*+)"
)


def on_command_line(arguments: Node) -> Iterator[tuple[Node, str, Credential]]:
    """Each credential in a `command` or `args`: the argument, the option, the place in it."""
    before = ""
    for argument in arguments:
        text = argument.text
        option = _OPTION.fullmatch(before)
        found = list(in_options(text))
        if not found and option and not text.startswith("-"):
            alone = credentials.literal(option["key"], text)
            found = [(option["key"], alone)] if alone else []
        for key, credential in found:
            yield argument, key, credential
        before = text


def in_options(text: str) -> Iterator[tuple[str, Credential]]:
    """Each credential in a command line, with the option or variable it is given to."""
    done = 0
    for credential in credentials.find(text):
        done = credential.end
        yield "", credential
    for key in _KEY.finditer(text, done):
        value = _VALUE.match(text, key.end())
        if value is None or value.lastgroup is None or key.start() < done:
            continue
        name = key["option"] or key["name"]
        found = credentials.literal(name, value[value.lastgroup])
        if found:
            start, done = value.start(value.lastgroup), value.end()
            yield name, found.moved(start)
