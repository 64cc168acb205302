"""Lines made fit to be shown: rather too much hidden than too little."""

from __future__ import annotations

import re
from collections.abc import Iterator

from kubeguard.model.credentials.credential import shown
from kubeguard.model.credentials.keys import SUSPICIOUS, secret_key
from kubeguard.model.credentials.patterns import candidates
from kubeguard.model.regex import Regex

_HIDDEN = "****"
_CLOSING = " \t\"'}])>,;\\"
_KEY = Regex(
    r"(?<![\w.-])(?P<dash>-{0,2})(?P<name>[A-Za-z_][\w.-]*+)(?P<close>\\*+[\"'])?"
    r"(?P<separator>[ \t]*+(?:[:=]>?|,)[ \t]*+|[ \t]++)"
)
_ELEMENT = Regex(r"<(?P<name>[A-Za-z_][\w.-]*+)>(?P<value>[^<>]++)</")
_QUOTE = Regex(r"(?P<escape>\\*+)(?P<quote>[\"'])")
_TO = {
    '"': Regex(r'(?:[^"\\]|\\.)*+', re.DOTALL),
    "'": Regex(r"(?:[^']|'')*+"),
    "\\": Regex(r"[^\"'\\]*+"),
    " ": Regex(r"\S*+"),
    "\n": Regex(r".*+", re.DOTALL),
}
_WORDS_BEFORE = Regex(r"[\s-]*(?:(?:export|set|ENV|ARG|env)\s+)?")
_PLAIN = Regex(
    r"(?:true|false|yes|no|on|off|null|none|~|[0-9]{1,3}(?:ms|[smhd])?|[|>][-+0-9]*|#.*|\$\([\w.-]+\)|"
    r"\$\{\w+\}|\{\}|\[\])?[\s,}\]\"']*(?:$|[\s,}\]\"'])",
    re.IGNORECASE,
)
_BARE = Regex(r"\s*+(?:-\s++)*+")
_OPEN = Regex(
    r"[\s\"']*+(?:-\s++)?[\"']?(?P<dash>--?)?(?P<key>[A-Za-z_][\w.-]*+)[\"']?"
    r"(?(dash),?|\s*+:\s*+[|>][-+0-9]*+)\s*+(?:#.*)?"
)
"""A line that ends where its value should begin: an option, or the header of a block."""
_NEXT = Regex(r"\s*+(?:-\s++)?+[\"']?(?:-|[\w.-]++[\"']?\s*+:(?:\s|$))")
"""Another option or the next key, so the option above had no value."""
_BASE64 = Regex(r"\s*+[A-Za-z0-9+/]++={0,2}\s*+")
_LONG = 40
_BLOB = Regex(r"(?<![\w+/.:@-])[A-Za-z0-9+/]{40,}+={0,2}(?![\w@])")
_TELLING = (*SUSPICIOUS, "value")
_VALUE = "value"
"""The key beside `name` in an env entry, whose name stands on another line."""
_PAIR = Regex(
    r"(?P<shown>[\s\-?{\[]*+(?:\"[^\"]*+\"|'[^']*+'|[^\s:\"'][^:]*+)\s*+:)(?P<gap>\s+|$|(?=[\"'\[{]))"
)
_OPENINGS = ("", "|", ">", "|-", ">-", "|+", ">+", "{", "[")
"""What may follow a key whose value is on the lines below."""
_FRAME = Regex(r"\s*(?:---|\.\.\.)?\s*|\s*[{}\[\],]+\s*")


def mask(line: str, above: str = "") -> str:
    """The line with every confidential value hidden; at most four characters of each are kept.

    Hides what `find` finds, the value of `key: value`, `key=value`, `--key value` under a name that
    promises a secret, the `value` of an env entry, long runs of base64, and all of a line that
    continues the one `above` it: the argument after `--token`, the rest of a key or a block.
    What follows on the line keeps its column. Never raises; linear.
    """
    if _continues(line, above):
        return hidden(line)
    spans = sorted([*_recognised(line), *_named(line), *_elements(line), *_blobs(line)])
    if not spans:
        return line
    pieces: list[str] = []
    done, last = 0, len(line.rstrip(_CLOSING))
    for start, end in _merged(spans):
        size, told = end - start, shown(line[start:end])
        pieces += line[done:start], told.ljust(size, "*")[:size] if end < last else told
        done = end
    return "".join([*pieces, line[done:]])


def hidden(line: str) -> str:
    """Nothing of the line but where it begins."""
    return _indent(line) + _HIDDEN


def mask_all_values(line: str) -> str:
    """The line of an object whose every value is confidential: only its first key is kept."""
    if _FRAME.fullmatch(line):
        return line
    pair = _PAIR.match(line)
    if pair:
        return line if line[pair.end() :].strip() in _OPENINGS else pair[0] + _HIDDEN
    return hidden(line)


def _indent(line: str) -> str:
    """Spaces and dashes before the first thing on a line."""
    found = _BARE.match(line)
    return found[0] if found else ""


def _continues(line: str, above: str) -> bool:
    """Whether the line is all or part of a confidential value that the line above announces."""
    opened = _OPEN.fullmatch(above)
    if opened and (opened["key"] == _VALUE or secret_key(opened["key"])):
        return not opened["dash"] or not _NEXT.match(line)
    long = len(above.strip()) >= _LONG and _BASE64.fullmatch(above)
    return bool(long and _BASE64.fullmatch(line))


def _recognised(line: str) -> Iterator[tuple[int, int]]:
    for credential in candidates(line):
        yield credential.start, credential.end


def _blobs(line: str) -> Iterator[tuple[int, int]]:
    for blob in _BLOB.finditer(line):
        yield blob.span()


def _named(line: str) -> Iterator[tuple[int, int]]:
    """The values under names that promise a secret."""
    if not any(map(line.lower().__contains__, _TELLING)):
        return
    done = 0
    for key in _KEY.finditer(line):
        if key.start() < done or not (key["name"] == _VALUE or secret_key(key["name"])):
            continue
        separator = key["separator"].strip()
        if separator == "," and not key["dash"]:
            continue
        if key["name"] == _VALUE and not separator:
            continue
        start, end = _value(line, key, separator)
        if start < end and not _PLAIN.fullmatch(line, start, end):
            done = end
            yield start, end


def _elements(line: str) -> Iterator[tuple[int, int]]:
    for element in _ELEMENT.finditer(line):
        if secret_key(element["name"]):
            yield element.span("value")


def _value(line: str, key: re.Match[str], separator: str) -> tuple[int, int]:
    """Where the value that follows a key begins and ends."""
    start = key.end()
    quote = _QUOTE.match(line, start)
    if quote:
        start = quote.end()
        return start, _end("\\" if quote["escape"] else quote["quote"], line, start)
    before = line[key.start() - 1 : key.start()]
    if separator.startswith("=") and before and before in "\"'":
        return start, _end(before, line, start)
    if separator.startswith(":"):
        structure = line[start : start + 1] == "{"
        plain = _PLAIN.match(line, start)
        return start, start if structure or plain else _end("\n", line, start)
    alone = _WORDS_BEFORE.fullmatch(line, 0, key.start())
    return start, _end("\n" if separator and alone else " ", line, start)


def _end(until: str, line: str, start: int) -> int:
    found = _TO[until].match(line, start)
    return found.end() if found else start


def _merged(spans: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Sorted spans with the overlapping ones joined."""
    start, end = spans[0]
    for next_start, next_end in spans[1:]:
        if next_start > end:
            yield start, end
            start, end = next_start, next_end
        else:
            end = max(end, next_end)
    yield start, end
