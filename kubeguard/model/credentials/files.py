"""Credentials in text that holds many values: properties, INI, JSON, YAML, XML, .env."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kubeguard.model.credentials.credential import Credential
from kubeguard.model.credentials.judge import literal
from kubeguard.model.credentials.keys import secret_key
from kubeguard.model.credentials.patterns import find
from kubeguard.model.regex import Regex

ENOUGH = 100
"""A value with so many secrets has made its point; a hostile one must not cost minutes."""
_LINE = Regex(
    r"^[ \t]*+(?:-[ \t]++)?(?:export[ \t]++|set[ \t]++|ENV[ \t]++)?[\"']?"
    r"(?P<key>[A-Za-z_][\w.\-]*+)[\"']?"
    r"(?:[ \t]*+(?::=|=>|[:=])[ \t]*+|(?<=requirepass)[ \t]++|(?<=masterauth)[ \t]++)"
    r"(?:\"(?P<double>[^\"\n]*+)\"|'(?P<single>[^'\n]*+)'|(?P<bare>[^\s\"'#;,]\S*+))"
    r"[ \t]*+[,;]?[ \t\r]*+(?:[#;/].*)?$",
    re.MULTILINE,
)
_JSON = Regex(r"\"(?P<key>[A-Za-z_][\w.\-]*+)\"\s*+:\s*+\"(?P<double>(?:[^\"\\\n]|\\.)*+)\"")
_XML = Regex(r"<(?P<key>[A-Za-z_][\w.\-]*+)>(?P<element>[^<>\n]++)</")
_CODE = Regex(r"[(){}\[\]<>`$*]|^[a-z_]\w*(?:\.[a-z_]\w*)+$|^(?:string|str|String|text|bool)$")
"""What a bare word in a program or a schema looks like, and a secret hardly ever."""
_LABEL = Regex(r"[^\W\d_a-z][^\W\d_]*+[?!:.]*+")
"""A word of a translated interface: `Password`, `Forgot?`; a setting hardly ever begins so."""
_PROGRAMS = Regex(r"\.(?:py|js|mjs|ts|tsx|jsx|go|rs|rb|php|java|lua|pl|c|h|cpp|html?|css|md)$")
"""Files in which `password = ...` is a statement, not a setting."""


def in_text(name: str, text: str) -> Iterator[tuple[str, Credential]]:
    """Each credential in a file, with the name it stands under ('' when it has none), by place."""
    found = [("", credential) for credential in find(text)]
    if not _PROGRAMS.search(name):
        for expression in (_LINE, _JSON, _XML):
            for pair in expression.finditer(text):
                credential = _judged(pair)
                if credential:
                    found.append((pair["key"], credential))
    return in_order(found)


def in_order(found: list[tuple[str, Credential]]) -> Iterator[tuple[str, Credential]]:
    """By place and without overlaps; of two that are the same the one with a name."""
    found.sort(key=lambda item: (item[1].start, -item[1].end, not item[0]))
    done = told = 0
    for key, credential in found:
        if credential.start >= done and told < ENOUGH:
            done, told = credential.end, told + 1
            yield key, credential


def _judged(pair: re.Match[str]) -> Credential | None:
    """The credential in the value of a pair, placed in the whole text."""
    group = pair.lastgroup or ""
    value = pair[group]
    if not secret_key(pair["key"]):
        return None
    if _LABEL.fullmatch(value):
        return None
    if group == "bare":
        value = value.rstrip(",;")
        if _CODE.search(value):
            return None
    found = literal(pair["key"], value)
    return found.moved(pair.start(group)) if found else None
