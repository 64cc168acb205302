"""Credentials on a command line, where every process list on the node shows them."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice

from kubeguard.checks.kit import Credential, Node, Regex, credentials
from kubeguard.checks.secrets._files import ENOUGH

_OPTION = Regex(r"--?(?P<key>[A-Za-z][\w.\-]*+)")
_KEY = Regex(
    r"(?<![\w.\-$])"
    r"(?:--?(?P<option>[A-Za-z][\w.\-]*+)(?:=|[ \t]++)|(?P<name>[A-Za-z_]\w*+)=)"
)
_VALUE = Regex(
    r"\"(?P<double>[^\"\n]{0,256}+)\"|'(?P<single>[^'\n]{0,256}+)'|"
    r"(?P<bare>[^\s\"'\-][^\s\"';&|)]{0,256}+)"
)
"""Bounded, because keys may stand inside values; longer secrets give themselves away."""


def on_command_line(arguments: Node) -> Iterator[tuple[Node, str, Credential]]:
    """Each credential in `command`, `args` or a script: the argument, the option, its place."""
    before = ""
    for argument in arguments if arguments.sequence else (arguments,):
        text = argument.text
        option = _OPTION.fullmatch(before)
        found = list(islice(in_options(text), ENOUGH))
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
        name = key["option"] or key["name"]
        if key.start() < done or not credentials.secret_key(name):
            continue
        value = _VALUE.match(text, key.end())
        if value is None or value.lastgroup is None:
            continue
        found = credentials.literal(name, value[value.lastgroup])
        if found:
            start, done = value.start(value.lastgroup), value.end()
            yield name, found.moved(start)
