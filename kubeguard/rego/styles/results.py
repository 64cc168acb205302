"""What a rule answers, read as findings: messages, or objects that say more than a message."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

from kubeguard.model.dockerfile import Dockerfile
from kubeguard.model.finding import Check, Problem
from kubeguard.model.node import Node
from kubeguard.model.severity import Severity
from kubeguard.model.views import View
from kubeguard.rego import places
from kubeguard.rego.styles.inputs import shapes_of
from kubeguard.rego.styles.metadata import severity

_MESSAGES = ("msg", "message")
_MAX_MESSAGE = 2_000


class Result(NamedTuple):
    """One finding as a policy words it; `message` is '' when it gives none."""

    message: str = ""
    said: Mapping[str, Any] = {}

    @property
    def container(self) -> str:
        """The container that the object names, itself or in its details."""
        for where in (self.said, self.said.get("details")):
            named = where.get("container") if isinstance(where, Mapping) else None
            named = named.get("name") if isinstance(named, Mapping) else named
            if isinstance(named, str):
                return named
        return ""

    @property
    def line(self) -> int:
        """The line that the object gives: `line`, conftest's `_loc`, or a Dockerfile's command."""
        location = self.said.get("_loc")
        location = location if isinstance(location, Mapping) else self.said
        for key in ("line", "StartLine"):
            if isinstance(number := location.get(key), int):
                return number
        return 0


def results(value: Any) -> Iterator[Result]:
    """The results in an answer: text, objects with a message, or many of them.

    True is a result without a message, false and null are none. An object without a message is one
    of results by message, which is what `deny[message] if ...` makes.
    """
    if isinstance(value, str):
        yield Result(value)
    elif isinstance(value, list):
        for item in value:
            yield from results(item) if isinstance(item, dict) else _plain(item)
    elif isinstance(value, dict):
        yield from (_object(value),) if _worded(value) else _by_message(value)
    elif value is not None and value is not False:
        yield from _plain(value)


def _plain(item: Any) -> Iterator[Result]:
    if isinstance(item, list):
        yield Result(" ".join(part if isinstance(part, str) else _text(part) for part in item))
    elif item is True:
        yield Result()
    elif item is not None and item is not False:
        yield Result(item if isinstance(item, str) else _text(item))


def _worded(value: Mapping[str, Any]) -> bool:
    return any(key in value for key in (*_MESSAGES, "path", "details", "severity", "container"))


def _object(value: Mapping[str, Any]) -> Result:
    message = next((value[key] for key in _MESSAGES if key in value), "")
    return Result(message if isinstance(message, str) else _text(message), value)


def _by_message(value: Mapping[str, Any]) -> Iterator[Result]:
    for message, said in value.items():
        if isinstance(said, Mapping):
            yield Result(_object(said).message or message, said)
        elif said is not None and said is not False:
            yield Result(message)


def _text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def problem(check: Check, view: View, result: Result) -> tuple[Check, Problem]:
    """The result as a finding of the check, with the severity and id that it gives itself."""
    message = result.message.strip() or check.title
    return own(check, result), Problem(place(view, result), message[:_MAX_MESSAGE])


def own(check: Check, result: Result) -> Check:
    """The check, as the result says that it is called and how bad it is."""
    given = result.said.get("id"), result.said.get("severity")
    if given == (None, None):
        return check
    name, worse = given
    return _changed(
        check,
        name if isinstance(name, str) and name else check.id,
        severity(worse, check.severity),
    )


@lru_cache(maxsize=1024)
def _changed(check: Check, id: str, severity: Severity) -> Check:
    """One check for all results alike."""
    if (id, severity) == (check.id, check.severity):
        return check
    return replace(check, id=id, severity=severity)


def place(view: View, result: Result) -> Node:
    """Where a result points: its path, its line, the container it names; else the whole."""
    path = places.steps(result.said.get("path"))
    named = places.container(view, result.container) if result.container else None
    found = _entry(view, path) if path else None
    if found is None and path and named is not None:
        found = places.descend(named, path)
    if found is None and result.line:
        found = by_line(view, result.line)
    if found is None:
        found = named if named is not None else places.mentioned(view, result.message)
    return places.whole(view) if found is None else found


def by_line(view: View, first: int, last: int = 0) -> Node | None:
    """The instruction on a line of a Dockerfile, or the entry of an object that begins there."""
    if isinstance(view, Dockerfile):
        return shapes_of(view).by_line.get(first)
    return places.on_lines(view, first, last)


def _entry(view: View, path: tuple[str | int, ...]) -> Node | None:
    """The node at a path of the input: of a Dockerfile the instruction behind the command."""
    if not isinstance(view, Dockerfile):
        return places.descend(view.node, path)
    made = shapes_of(view)
    numbers = [int(step) for step in path if places.is_index(str(step))]
    if path[0] == "Stages" and numbers:
        stage = made.by_stage[numbers[0]] if numbers[0] < len(made.by_stage) else ()
        number = numbers[1] if len(numbers) > 1 else 0
        return stage[number] if number < len(stage) else None
    if numbers and numbers[0] < len(made.by_command):
        return made.by_command[numbers[0]]
    return None
