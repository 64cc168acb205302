"""How a suppression is written: which checks, until when, and always why.

# kubeguard: ignore[KG3001, host_network] until=2027-01-31 -- scrapes the node's network
kubeguard.io/ignore: KG3001, host_network container=agent -- the same in an annotation
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from kubeguard.policy.names import suggest

COMMENT = re.compile(
    r"(?<!\S)#[ \t]*kubeguard[ \t]*(?::|(?=ignore[ \t]*\[))[ \t]*(?P<body>[^\r\n]*)"
)
"""A comment that speaks to kubeguard; one without the colon is a slip, not prose."""
_DASHES = re.compile(r"(?:^|(?<=[\s\]]))(?:--|\u2013|\u2014)(?=\s|$)")
_BRACKETS = re.compile(r"(?:ignore\s*)?\[(?P<checks>[^\]]*)\](?P<rest>.*)", re.DOTALL)
_EQUALS = re.compile(r"\s*=\s*")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
FORM = "write ignore[CHECK, ...] until=YEAR-MONTH-DAY -- reason; until is optional"


@dataclass(frozen=True, slots=True)
class Written:
    """One suppression as it stands in a text: `checks` as they are spelled there."""

    checks: tuple[str, ...]
    reason: str
    until: date | None = None
    container: str = ""


class MalformedError(Exception):
    """What is wrong with a suppression, and what to do about it."""

    def __init__(self, message: str, hint: str = FORM) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint


def parse_comment(body: str) -> Written:
    """What follows `kubeguard:` in a comment. Raises MalformedError."""
    head, reason = _split(body)
    found = _BRACKETS.fullmatch(head)
    if not found or not head.startswith("ignore"):
        raise MalformedError("a comment to kubeguard must say ignore[CHECK, ...]")
    return _written(found["checks"], found["rest"], reason, ("until",))


def parse_annotation(line: str) -> Written:
    """One line of the annotation; brackets as in a comment are allowed. Raises MalformedError."""
    head, reason = _split(line)
    found = _BRACKETS.fullmatch(head)
    if found:
        return _written(found["checks"], found["rest"], reason, ("until", "container"))
    words = _EQUALS.sub("=", head).split()
    options = next((i for i, word in enumerate(words) if "=" in word), len(words))
    checks, rest = " ".join(words[:options]), " ".join(words[options:])
    return _written(checks, rest, reason, ("until", "container"))


def _split(text: str) -> tuple[str, str]:
    """What is suppressed, and the reason behind the first `--`."""
    found = _DASHES.search(text)
    if not found:
        raise MalformedError("a suppression needs a reason behind ' -- '")
    reason = " ".join(text[found.end() :].split())
    if not any(char.isalnum() for char in reason):
        raise MalformedError("nothing is given as the reason behind ' -- '")
    return text[: found.start()].strip(), reason


def _written(checks: str, rest: str, reason: str, allowed: tuple[str, ...]) -> Written:
    names = tuple(dict.fromkeys(re.split(r"[,\s]+", checks.strip(", \t\r\n"))))
    if names == ("",):
        raise MalformedError("a suppression names its checks, and here is none")
    options: dict[str, str] = {}
    for word in _EQUALS.sub("=", rest).split():
        key, equals, value = word.partition("=")
        if key not in allowed or not equals or not value:
            hint = suggest(key, [f"{name}=" for name in allowed]) or FORM
            raise MalformedError(f"{word[:40]!r} means nothing between the checks and ' -- '", hint)
        if key in options:
            raise MalformedError(f"{key}= is given twice")
        options[key] = value
    until = _date(options["until"]) if "until" in options else None
    return Written(names, reason, until, options.get("container", ""))


def _date(text: str) -> date:
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    hint = "write it as year-month-day: until=2027-01-31"
    raise MalformedError(f"until={text[:40]} is no date", hint)
