"""What BuildKit makes of one statement: keyword, flags, words, and why it would refuse them."""

from __future__ import annotations

import json
import re
from difflib import get_close_matches
from typing import NamedTuple

from kubeguard.sources.dockerfile.lexer import SPACE, Mark

STRINGS = {"MAINTAINER", "STOPSIGNAL", "USER", "WORKDIR"}
SHELL_FORM = {"RUN", "CMD", "ENTRYPOINT", "SHELL"}
PATHS = {"ADD", "COPY", "VOLUME"}
PAIRS = {"ENV", "LABEL", "ARG"}
LISTS = {"FROM", "EXPOSE"}
KEYWORDS = STRINGS | SHELL_FORM | PATHS | PAIRS | LISTS | {"HEALTHCHECK", "ONBUILD"}
HEREDOCS = {"RUN", "COPY", "ADD"}

_SPACES = re.compile(f"[{SPACE}]*+")
_BLANK = re.compile(r"[\t\v\f\r ]+")
_SOLID = re.compile(r"[^\t\v\f\r ]+")
_FLAG = re.compile(
    r"""--(?:[^\s'"\\]|\\.|'(?:[^'\\]|\\.)*+(?:'|\\?\Z)|"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|\\\Z)*+""",
    re.DOTALL,
)
_QUOTED = re.compile(r"""'((?:[^'\\]|\\.)*+)'?|"((?:[^"\\]|\\.)*+)"?|\\(.?)""", re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_STRING = r'"(?:[^"\\\x00-\x1f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+"'
_JSON = re.compile(
    rf"\[[ \t\n\r]*+(?:{_STRING}[ \t\n\r]*+(?:,[ \t\n\r]*+{_STRING}[ \t\n\r]*+)*+)?\]"
)
_JSON_STRING = re.compile(_STRING)
_DECODER = json.JSONDecoder()
_SURROGATE = re.compile("[\ud800-\udfff]")


def _pair_words(escape: str) -> re.Pattern[str]:
    """Words as in ENV: quotes hold blanks together, also unfinished ones, to the end."""
    e = re.escape(escape)
    return re.compile(
        rf"""(?:[^\s'"{e}]|{e}.|{e}\Z|'[^']*+(?:'|\Z)|"(?:[^"{e}]|{e}.)*+(?:"|{e}?\Z))++""",
        re.DOTALL,
    )


_PAIR_WORDS = {escape: _pair_words(escape) for escape in "\\`"}


class Token(NamedTuple):
    """A word of a statement: offsets in its line, and the text the parser hands on.

    Of a flag the offsets are those of its value; `text` differs from what is written for JSON
    strings and quoted flags, where quotes and escapes belong to the syntax.
    """

    start: int
    end: int
    text: str


class Flag(NamedTuple):
    """`--name=value`; without a value, `value` covers the flag itself and says `true`."""

    name: str
    start: int
    value: Token
    bare: bool


class Parsed(NamedTuple):
    """One statement taken apart; `start` and `end` are those of the keyword.

    In ENV, LABEL and ARG keys and values alternate.
    """

    keyword: str
    start: int
    end: int
    flags: tuple[Flag, ...] = ()
    words: tuple[Token | None, ...] = ()
    json_form: bool = False
    trigger: Parsed | None = None


class RefusedError(Exception):
    """BuildKit would stop here, and what is left of the statement is not worth keeping."""

    def __init__(self, message: str, start: int, end: int) -> None:
        super().__init__(message)
        self.mark = Mark(message, start, end)


def parse(line: str, escape: str, start: int = 0, *, trigger: bool = False) -> Parsed:
    """Take the statement apart that begins at `start`; raises RefusedError."""
    start = _skip(line, start)
    found = _SOLID.match(line, start)
    if found is None:
        raise RefusedError("nothing but continuations", start, len(line))
    keyword, here = found[0].upper(), found.end()
    if keyword not in KEYWORDS:
        raise RefusedError(_unknown(found[0]), start, here)
    if trigger and keyword in ("ONBUILD", "FROM", "MAINTAINER"):
        raise RefusedError(f"ONBUILD cannot trigger {keyword}", start, here)
    flags, here = _flags(line, here)
    stop = len(line.rstrip(SPACE))
    if keyword == "ONBUILD" and here < stop:
        return Parsed(
            keyword, *found.span(), flags, trigger=parse(line, escape, here, trigger=True)
        )
    words, json_form = _arguments(keyword, line, here, stop, escape)
    return Parsed(keyword, *found.span(), flags, words, json_form)


def _unknown(word: str) -> str:
    close = get_close_matches(word.upper()[:20], sorted(KEYWORDS), 1)
    hint = f", did you mean {close[0]}?" if close else ""
    return f"unknown instruction {word[:40]!r}{hint}"


def _skip(line: str, start: int) -> int:
    found = _SPACES.match(line, start)
    return found.end() if found else start


def _flags(line: str, here: int) -> tuple[tuple[Flag, ...], int]:
    """The flags, and where the arguments begin."""
    flags: list[Flag] = []
    while True:
        here = _skip(line, here)
        if not line.startswith("--", here):
            return tuple(flags), here
        found = _FLAG.match(line, here)
        if found is None or (found[0] == "--" and found.end() == len(line)):
            return tuple(flags), len(line)
        if found[0] == "--":
            return tuple(flags), _skip(line, found.end())
        flags.append(_flag(found))
        here = found.end()


def _flag(found: re.Match[str]) -> Flag:
    name, equals, value = found[0].partition("=")
    start, end = found.span()
    text = _unquote(value) if equals else "true"
    begin = start + len(name) + 1 if equals else start
    return Flag(_unquote(name[2:]), start, Token(begin, end, text), not equals)


def _unquote(text: str) -> str:
    """Quotes of either kind hold blanks together here, and a backslash escapes in both."""
    if not _QUOTED.search(text):
        return text
    return _QUOTED.sub(lambda m: _ESCAPED.sub(r"\1", m[1] or m[2] or m[3] or ""), text)


def _arguments(
    keyword: str, line: str, here: int, stop: int, escape: str
) -> tuple[tuple[Token | None, ...], bool]:
    if here >= stop:
        return (), False
    if keyword == "HEALTHCHECK":
        return _healthcheck(line, here, stop)
    if keyword in SHELL_FORM or keyword in PATHS:
        strings = _json(line, here, stop)
        if strings is not None:
            return strings, True
    if keyword in SHELL_FORM or keyword in STRINGS:
        return (Token(here, stop, line[here:stop]),), False
    if keyword in PAIRS:
        return _pairs(keyword, line, here, stop, escape), False
    return tuple(Token(*m.span(), m[0]) for m in _SOLID.finditer(line, here, stop)), False


def _healthcheck(line: str, here: int, stop: int) -> tuple[tuple[Token, ...], bool]:
    kind = _SOLID.match(line, here, stop)
    if kind is None:
        return (), False
    first = Token(*kind.span(), kind[0])
    rest = _skip(line, kind.end())
    if rest >= stop:
        return (first,), False
    strings = _json(line, rest, stop)
    if strings is not None:
        return (first, *strings), True
    return (first, Token(rest, stop, line[rest:stop])), False


def _json(line: str, here: int, stop: int) -> tuple[Token, ...] | None:
    """The strings of an array; None when it is none, and BuildKit falls back to a plain line.

    BuildKit does not mind what follows the array.
    """
    if line[here] != "[":
        return None
    if array := _JSON.match(line, here, stop):
        return tuple(
            Token(*found.span(), _decode(found[0]))
            for found in _JSON_STRING.finditer(line, here, array.end())
        )
    try:
        _DECODER.raw_decode(line[here:stop])
    except (ValueError, RecursionError):
        return None
    raise RefusedError("a JSON array here must hold strings only", here, stop)


def _decode(literal: str) -> str:
    if "\\" not in literal:
        return literal[1:-1]
    return _SURROGATE.sub("\ufffd", json.loads(literal))


def _pairs(keyword: str, line: str, here: int, stop: int, escape: str) -> tuple[Token | None, ...]:
    """Keys and values in turn; an ARG without a default has None for its value."""
    words = [Token(*m.span(), m[0]) for m in _PAIR_WORDS[escape].finditer(line, here, stop)]
    if keyword != "ARG" and words and "=" not in words[0].text:
        return _legacy_pair(keyword, line, here, stop)
    tokens: list[Token | None] = []
    for start, end, text in words:
        key, equals, value = text.partition("=")
        if not equals and keyword != "ARG":
            raise RefusedError(f"{keyword} needs name=value, not {text[:40]!r}", start, end)
        middle = start + len(key)
        tokens.append(Token(start, middle, key))
        tokens.append(Token(middle + 1, end, value) if equals else None)
    return tuple(tokens)


def _legacy_pair(keyword: str, line: str, here: int, stop: int) -> tuple[Token, Token]:
    """`ENV name the rest of the line`."""
    blank = _BLANK.search(line, here, stop)
    if blank is None:
        raise RefusedError(f"{keyword} needs a name and a value", here, stop)
    key, value = line[here : blank.start()], line[blank.end() : stop]
    return Token(here, blank.start(), key), Token(blank.end(), stop, value)
