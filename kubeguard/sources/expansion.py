"""What `$x` and `${x:-y}` become: BuildKit's rules, which are nearly those of a shell."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import Enum
from typing import NamedTuple

MAX_LENGTH = 65_536
_MAX_DEPTH = 32
_MAX_PATTERN = 64
_MAX_GLOBBED = 64

_SPECIAL = re.compile(r"""['"$\\`]""")
_ORDINARY = re.compile(r"""[^'"$\\`}/]+""")
_NAME = re.compile(r"\d+|[@*#?\-$!]|\w+")


class Missing(Enum):
    """Why a variable has no value that could be read off the Dockerfile."""

    NO_DEFAULT = "an ARG that only `--build-arg` could fill"
    OPAQUE = "set, but to something that only the build knows"
    UNDECLARED = "nothing declares it"


Value = str | Missing
Lookup = Callable[[str], Value]


class Room:
    """How much text the variables of one file may still become, all uses counted."""

    def __init__(self, left: int = 500_000) -> None:
        self.left = left

    def take(self, value: Value) -> Value:
        """The value as long as there is room for it."""
        if isinstance(value, str):
            self.left -= len(value)
            if self.left < 0:
                return Missing.OPAQUE
        return value


class Resolved(NamedTuple):
    """The text with variables put in, None when one is not known; the undeclared ones by name."""

    value: str | None
    undeclared: tuple[str, ...] = ()


class ExpansionError(Exception):
    """BuildKit would refuse the word."""


def resolve(text: str, lookup: Lookup, escape: str = "\\") -> Resolved:
    """A word with quotes taken off and variables put in; raises ExpansionError."""
    if not _SPECIAL.search(text):
        return Resolved(text)
    reader = _Reader(text, lookup, escape)
    value = reader.until(None)
    return Resolved(value if reader.known else None, tuple(reader.undeclared))


class _Reader:
    """One pass over a word, recursive for the words inside `${...}`."""

    def __init__(self, text: str, lookup: Lookup, escape: str) -> None:
        self.text = text
        self.lookup = lookup
        self.escape = escape
        self.at = 0
        self.depth = 0
        self.room = MAX_LENGTH
        self.known = True
        self.undeclared: dict[str, None] = {}

    def until(self, stop: str | None, *, keep_escapes: bool = False) -> str:
        """Everything up to `stop`, which is passed over, or to the end."""
        out: list[str] = []
        text, size = self.text, len(self.text)
        while self.at < size:
            if plain := _ORDINARY.match(text, self.at):
                out.append(plain[0])
                self.at = plain.end()
                continue
            char = text[self.at]
            if char == stop:
                self.at += 1
                return "".join(out)
            if char == "$":
                out.append(self._dollar())
            elif char == "'":
                out.append(self._single())
            elif char == '"':
                out.append(self._double())
            elif char == self.escape:
                kept = char if keep_escapes else ""
                out.append(kept + text[self.at + 1 : self.at + 2])
                self.at += 2
            else:
                out.append(char)
                self.at += 1
        if stop is not None:
            raise ExpansionError(f"a variable lacks its {stop!r}")
        return "".join(out)

    def _single(self) -> str:
        end = self.text.find("'", self.at + 1)
        if end < 0:
            raise ExpansionError("a single quote is never closed")
        inner = self.text[self.at + 1 : end]
        self.at = end + 1
        return inner

    def _double(self) -> str:
        out: list[str] = []
        text, size = self.text, len(self.text)
        self.at += 1
        while self.at < size:
            char = text[self.at]
            if char == '"':
                self.at += 1
                return "".join(out)
            if char == "$":
                out.append(self._dollar())
                continue
            following = text[self.at + 1 : self.at + 2]
            if char == self.escape and following in ('"', "$", self.escape):
                self.at += 1
                char = following
            out.append(char)
            self.at += 1
        raise ExpansionError("a double quote is never closed")

    def _dollar(self) -> str:
        self.at += 1
        if self.text.startswith("{", self.at):
            self.at += 1
            return self._braced()
        found = _NAME.match(self.text, self.at)
        if found is None:
            return "$"
        self.at = found.end()
        return self._plain(found[0])

    def _plain(self, name: str) -> str:
        """The value as it is; '' and no longer `known` when there is none."""
        value = self.lookup(name)
        if isinstance(value, str):
            self.room -= len(value)
            if self.room >= 0:
                return value
        if value is Missing.UNDECLARED:
            self.undeclared[name] = None
        self.known = False
        return ""

    def _braced(self) -> str:
        found = _NAME.match(self.text, self.at)
        if found is None:
            raise ExpansionError("`${` is not followed by a name")
        name = found[0]
        self.at = found.end()
        operator = self.text[self.at : self.at + 1]
        self.at += 1
        if operator == "}":
            return self._plain(name)
        colon = operator == ":"
        if colon:
            operator = self.text[self.at : self.at + 1]
            self.at += 1
        if operator in ("-", "+", "?") and operator:
            return self._conditional(name, operator, empty_counts=not colon)
        if operator in ("#", "%", "/") and not colon:
            return self._cut(name, operator)
        if not operator:
            raise ExpansionError(f"${{{name} lacks its '}}'")
        raise ExpansionError(f"${{{name}{':' if colon else ''}{operator}...}} is no expansion")

    def _nested(self, stop: str, *, pattern: bool = False) -> tuple[str, bool]:
        """The word inside braces, and whether it is known; it taints nothing yet."""
        self.depth += 1
        if self.depth > _MAX_DEPTH:
            raise ExpansionError("variables are nested too deeply")
        before, self.known = self.known, True
        word = self.until(stop, keep_escapes=pattern)
        known, self.known = self.known, before
        self.depth -= 1
        return word, known

    def _conditional(self, name: str, operator: str, *, empty_counts: bool) -> str:
        undeclared = dict(self.undeclared)
        word, known = self._nested("}")
        value = self.lookup(name)
        is_set = value is Missing.OPAQUE or (isinstance(value, str) and (value or empty_counts))
        takes_word = bool(is_set) if operator == "+" else operator == "-" and not is_set
        if takes_word:
            self.known = self.known and known
            return word
        self.undeclared = undeclared
        if operator == "+":
            self.known = self.known and value is not Missing.NO_DEFAULT
            return ""
        return self._plain(name)

    def _cut(self, name: str, operator: str) -> str:
        """`${x#pattern}`, `${x%pattern}`, `${x/pattern/text}`; doubled for the longest or all."""
        double = self.text.startswith(operator, self.at)
        self.at += double
        pattern, known = self._nested("/" if operator == "/" else "}", pattern=True)
        text = ""
        if operator == "/":
            text, also = self._nested("}", pattern=True)
            known = known and also
        value = self._plain(name)
        if not (known and self.known and _cheap(value, pattern, text)):
            self.known = False
            return ""
        return _cut(value, operator, pattern, text, double)


def _cheap(value: str, pattern: str, text: str) -> bool:
    """Patterns backtrack and replacements multiply: beyond this the value counts as unknown."""
    if len(pattern) > _MAX_PATTERN or len(value) * (len(text) + 1) > MAX_LENGTH:
        return False
    return "*" not in pattern or (pattern.count("*") <= 2 and len(value) <= _MAX_GLOBBED)


def _cut(value: str, operator: str, pattern: str, text: str, double: bool) -> str:
    greedy = double or operator == "/"
    regex = _regex(pattern, greedy)
    if operator == "/":
        return re.sub(regex, lambda _: text, value, count=0 if double else 1, flags=re.DOTALL)
    if operator == "#":
        found = re.match(regex, value, re.DOTALL)
        return value[found.end() :] if found else value
    first = 0 if "*" in pattern else max(0, len(value) - len(pattern))
    starts = range(first, len(value) + 1)
    at_end = re.compile(regex + r"\Z", re.DOTALL)
    for start in starts if double else reversed(starts):
        if at_end.match(value, start):
            return value[:start]
    return value


def _regex(pattern: str, greedy: bool) -> str:
    """A shell pattern without brackets, as BuildKit knows it."""
    star = ".*" if greedy else ".*?"
    out, at = [], 0
    while at < len(pattern):
        char = pattern[at]
        if char == "\\" and at + 1 < len(pattern):
            at += 1
            out.append(re.escape(pattern[at]))
        else:
            out.append({"*": star, "?": "."}.get(char) or re.escape(char))
        at += 1
    return "".join(out)
