"""Credentials on a command line, where every process list on the node shows them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from kubeguard.model.credentials.credential import Credential
from kubeguard.model.credentials.files import in_order
from kubeguard.model.credentials.judge import literal
from kubeguard.model.credentials.keys import secret_key
from kubeguard.model.credentials.patterns import find
from kubeguard.model.regex import Regex

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


def in_arguments(arguments: Iterable[str]) -> Iterator[tuple[int, str, Credential]]:
    """Each credential in the words of a command line: the word's number, the option, its place."""
    before = ""
    for number, text in enumerate(arguments):
        option = _OPTION.fullmatch(before)
        found = list(in_options(text))
        if not found and option and not text.startswith("-"):
            alone = literal(option["key"], text)
            found = [(option["key"], alone)] if alone else []
        for key, credential in found:
            yield number, key, credential
        before = text


def in_options(text: str) -> Iterator[tuple[str, Credential]]:
    """Each credential in a command line, with the option or variable it is given to."""
    named = [("", credential) for credential in find(text)]
    done = 0
    for key in _KEY.finditer(text):
        name = key["option"] or key["name"]
        if key.start() < done or not secret_key(name):
            continue
        value = _VALUE.match(text, key.end())
        if value is None or value.lastgroup is None:
            continue
        if value.lastgroup == "bare" and "(" in value["bare"]:
            continue
        found = literal(name, value[value.lastgroup])
        if found:
            start, done = value.start(value.lastgroup), value.end()
            named.append((name, found.moved(start)))
    return in_order(named)
