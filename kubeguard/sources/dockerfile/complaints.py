"""Why BuildKit would refuse an instruction that can be understood all the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from difflib import get_close_matches

from kubeguard.sources.dockerfile.grammar import PAIRS, Parsed
from kubeguard.sources.dockerfile.lexer import Mark

_FLAGS: dict[str, set[str]] = {
    "FROM": {"platform"},
    "RUN": {"mount", "network", "security", "device"},
    "COPY": {"from", "chown", "chmod", "link", "parents", "exclude"},
    "ADD": {"chown", "chmod", "link", "keep-git-dir", "checksum", "unpack", "exclude"},
    "HEALTHCHECK": {"interval", "timeout", "start-period", "start-interval", "retries"},
}
_SWITCHES = {"link", "parents", "keep-git-dir", "unpack"}
_REPEATABLE = {"mount", "exclude", "device"}
_STAGE_NAME = re.compile(r"[a-z][a-z0-9\-_.]*")


def complaints(parsed: Parsed, stop: int) -> Iterator[Mark]:
    """What is wrong with its flags and with the number and shape of its arguments."""
    keyword, words = parsed.keyword, parsed.words
    yield from _about_flags(parsed)
    here = (0, stop) if not words or words[0] is None else (words[0].start, stop)
    if message := _about_words(keyword, parsed):
        yield Mark(message, *here)
    if parsed.trigger:
        yield from complaints(parsed.trigger, stop)


def _about_flags(parsed: Parsed) -> Iterator[Mark]:
    known = _FLAGS.get(parsed.keyword, set())
    seen = set()
    for name, start, value, bare in parsed.flags:
        place = (start, value.end)
        if name not in known:
            close = get_close_matches(name[:20], sorted(known), 1)
            hint = f", did you mean --{close[0]}?" if close else ""
            yield Mark(f"{parsed.keyword} has no flag --{name[:40]}{hint}", *place)
        elif bare and name not in _SWITCHES:
            yield Mark(f"--{name} needs a value", *place)
        elif name in seen and name not in _REPEATABLE:
            yield Mark(f"--{name} is given twice", *place)
        seen.add(name)


def _about_words(keyword: str, parsed: Parsed) -> str:
    """One sentence about the number and the shape of the arguments, '' when they are right."""
    count = len(parsed.words)
    if keyword == "FROM":
        return _about_from(parsed)
    if keyword == "HEALTHCHECK":
        return _about_healthcheck(parsed)
    if keyword in ("COPY", "ADD") and count < 2:
        return f"{keyword} needs a source and a destination"
    if count == 0 and keyword not in ("RUN", "CMD", "ENTRYPOINT") and not parsed.trigger:
        return f"{keyword} needs an argument"
    if keyword == "SHELL" and not parsed.json_form:
        return "SHELL takes its arguments as a JSON array only"
    if keyword in PAIRS and any(word and not word.text for word in parsed.words[::2]):
        return f"{keyword} has a name that is empty"
    return ""


def _about_from(parsed: Parsed) -> str:
    words = [word.text for word in parsed.words if word]
    if len(words) == 3 and words[1].lower() == "as":
        if not _STAGE_NAME.fullmatch(words[2].lower()):
            return f"{words[2][:40]!r} cannot be the name of a stage"
        return ""
    return "" if len(words) == 1 else "FROM takes an image, or an image AS a name"


def _about_healthcheck(parsed: Parsed) -> str:
    words = [word.text for word in parsed.words if word]
    if not words:
        return "HEALTHCHECK needs CMD or NONE"
    kind = words[0].upper()
    if kind == "NONE":
        return "HEALTHCHECK NONE takes no arguments" if len(words) > 1 else ""
    if kind != "CMD":
        return f"HEALTHCHECK {words[0][:20]!r} is neither CMD nor NONE"
    return "" if len(words) > 1 else "HEALTHCHECK CMD lacks its command"
