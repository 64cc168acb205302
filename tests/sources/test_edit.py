"""Fixes change what they are about, and not a character more."""

from __future__ import annotations

import copy
import json
import os
import random
import re
from functools import partial
from pathlib import Path as File
from typing import Any

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from kubeguard.engine import Settings, audit
from kubeguard.model.cluster import NEWEST
from kubeguard.model.dockerfile import Instruction
from kubeguard.model.finding import Finding, Outcome
from kubeguard.model.fix import REMOVE, Edit, Fix
from kubeguard.model.location import Path
from kubeguard.model.node import Node
from kubeguard.registry import load_checks
from kubeguard.sources.decode import decode
from kubeguard.sources.edit import EditError, apply, replacements, settle
from kubeguard.sources.edit.wants import same
from kubeguard.sources.schema import Schemas
from kubeguard.sources.text import parse, read


def document(text: str, name: str = "x.yaml", number: int = 0) -> Node:
    documents, broken = parse(name, text)
    assert not broken
    return documents[number].node


def edited(text: str, *changes: tuple[str, object], name: str = "x.yaml") -> str:
    """The text with values put at dotted paths, in which numbers are list items."""
    root = document(text, name)
    return apply(text, [Edit(root.at(*steps(path)), value) for path, value in changes])


def steps(path: str) -> Path:
    return tuple(int(step) if step.isdecimal() else step for step in path.split("."))


def lines(*given: str) -> str:
    return "".join(f"{line}\n" for line in given)


PUTS = {
    "a scalar, its comment stays": ("a: 1  # one\n", "a", True, "a: true  # one\n"),
    "quotes stay": ("a: 'x'\nb: 1\n", "a", "it's", "a: 'it''s'\nb: 1\n"),
    "text that reads as something else": ("a: 1\n", "a", "yes", 'a: "yes"\n'),
    "nothing to do": ("a:   0x10 # sixteen\n", "a", 16, "a:   0x10 # sixteen\n"),
    "a value left out": ("a:   # why\nb: 1\n", "a", 1, "a: 1   # why\nb: 1\n"),
    "a new key behind the last": ("a: 1\nb: 2 # two\n", "c", 3, "a: 1\nb: 2 # two\nc: 3\n"),
    "no line break at the end": ("a: 1", "b", 2, "a: 1\nb: 2"),
    "CRLF": ("a:\r\n  b: 1\r\nc: 2\r\n", "a.d", 3, "a:\r\n  b: 1\r\n  d: 3\r\nc: 2\r\n"),
    "before blank lines and comments": (
        "a:\n  b: 1\n\n# about c\nc: 2\n",
        "a.d",
        3,
        "a:\n  b: 1\n  d: 3\n\n# about c\nc: 2\n",
    ),
    "behind what is nested": (
        "a:\n  b:\n    - 1\n    - x: 2\nc: 3\n",
        "a.d",
        4,
        "a:\n  b:\n    - 1\n    - x: 2\n  d: 4\nc: 3\n",
    ),
    "behind a literal block": (
        "a:\n  b: |\n    # text\n\nc: 1\n",
        "a.d",
        2,
        "a:\n  b: |\n    # text\n  d: 2\n\nc: 1\n",
    ),
    "the indentation of its siblings": (
        "a:\n      b: 1\n",
        "a.c.d",
        2,
        "a:\n      b: 1\n      c:\n            d: 2\n",
    ),
    "parents are made": ("a: 1\n", "b.c.d", [1, "x"], "a: 1\nb:\n  c:\n    d: [1, x]\n"),
    "an empty parent": ("a:  # later\nb: 1\n", "a.c", 2, "a:  # later\n  c: 2\nb: 1\n"),
    "an empty pair of braces": ("a: {}  # c\nb: 1\n", "a.c", 2, "a:  # c\n  c: 2\nb: 1\n"),
    "braces": ("a: {b: 1} # c\n", "a.c.d", 2, "a: {b: 1, c: {d: 2}} # c\n"),
    "braces over lines": (
        "a: {\n  b: 1, # c\n  d: 2\n}\n",
        "a.e",
        3,
        "a: {\n  b: 1, # c\n  d: 2,\n  e: 3\n}\n",
    ),
    "a colon alone in braces": ("a: {b: , c}\n", "a.b", 1, "a: {b: 1 , c}\n"),
    "a key alone in braces": ("a: {b, c}\n", "a.b", 1, "a: {b: 1, c}\n"),
    "an item more": ("a:\n- 1\n- 2 # two\nb: 1\n", "a.9", 3, "a:\n- 1\n- 2 # two\n- 3\nb: 1\n"),
    "an item more in brackets": ("a: [1, 2]\n", "a.2", "x", "a: [1, 2, x]\n"),
    "an item of a missing list": ("a: 1\n", "b.0.c", 2, "a: 1\nb:\n- c: 2\n"),
    "a key of an item": (
        "a:\n  - b: 1\n  - b: 2\n",
        "a.0.c",
        3,
        "a:\n  - b: 1\n    c: 3\n  - b: 2\n",
    ),
    "the item is left out": ("a:\n-\n- 1\n", "a.0.b", 2, "a:\n- b: 2\n- 1\n"),
    "a list that grows": ("a:\n- p # c\n", "a", ["p", "q"], "a:\n- p # c\n- q\n"),
    "a list that shrinks": ("a:\n- p # c\n- q\n", "a", ["z"], "a:\n- z # c\n"),
    "a list that becomes text": ("a: # c\n- x\n- y\nb: 1\n", "a", "z", "a: z # c\nb: 1\n"),
    "text that becomes a mapping": ("a: z # c\nb: 1\n", "a", {"x": 1}, "a: # c\n  x: 1\nb: 1\n"),
    "a literal block that becomes text": ("a: |\n  x\n  y\nb: 1\n", "a", "z", "a: z\nb: 1\n"),
    "an alias": ("a: &x 1\nb: *x\n", "b", 2, "a: &x 1\nb: 2\n"),
    "a merged key": (
        "a: &x {b: 1}\nc:\n  <<: *x  # m\n",
        "c.b",
        2,
        "a: &x {b: 1}\nc:\n  <<: *x  # m\n  b: 2\n",
    ),
    "inside a short merged mapping": (
        "a: &x\n  b: {c: 1}\nd:\n  <<: *x\n  e: 1\n",
        "d.b.f",
        2,
        "a: &x\n  b: {c: 1}\nd:\n  <<: *x\n  e: 1\n  b:\n    c: 1\n    f: 2\n",
    ),
    "an anchor of its own": ("a: &x\n  b: 1\nc: 2\n", "a.d", 3, "a: &x\n  b: 1\n  d: 3\nc: 2\n"),
    "a separator with a comment": ("--- # c\na: 1\n...\n", "b", 2, "--- # c\na: 1\nb: 2\n...\n"),
}


@pytest.mark.parametrize(("text", "path", "value", "wanted"), PUTS.values(), ids=PUTS)
def test_put(text: str, path: str, value: object, wanted: str) -> None:
    result = edited(text, (path, value))

    assert result == wanted
    assert edited(result, (path.replace("9", "2"), value)) == result


REMOVALS = {
    "a key with its comment": ("a: 1\nb: 2 # c\nd: 3\n", "b", "a: 1\nd: 3\n"),
    "a key with what is below": ("a:\n  b:\n    - 1\n\nc: 2\n", "a", "\nc: 2\n"),
    "the comment above stays": ("a: 1\n# c\nb: 2\n", "b", "a: 1\n# c\n"),
    "the last key": ("a:\n  b: 1 # c\nd: 2\n", "a.b", "a: {}\nd: 2\n"),
    "the first key of an item": (
        "a:\n  - b: 1 # c\n    d: 2\n",
        "a.0.b",
        "a:\n  - d: 2\n",
    ),
    "the first key of an item, a comment behind it": (
        "a:\n  - b: 1\n    # c\n    d: 2\n",
        "a.0.b",
        "a:\n  -\n    # c\n    d: 2\n",
    ),
    "an item": ("a:\n- 1\n- 2 # c\n- 3\n", "a.1", "a:\n- 1\n- 3\n"),
    "an item with keys": ("a:\n- b: 1\n  c: 2\n- d: 3\n", "a.0", "a:\n- d: 3\n"),
    "an item on the next line": ("a:\n- # c\n  b: 1\n- 2\n", "a.0", "a:\n- 2\n"),
    "the only item": ("a: # c\n  - 1\n  # d\nb: 1\n", "a.0", "a: [] # c\n  # d\nb: 1\n"),
    "first in brackets": ("a: [1, 2, 3]\n", "a.0", "a: [2, 3]\n"),
    "last in brackets": ("a: [1, 2, 3]\n", "a.2", "a: [1, 2]\n"),
    "alone in brackets": ("a: [1]\n", "a.0", "a: []\n"),
    "a key in braces": ("a: {b: 1, c: 2}\n", "a.b", "a: {c: 2}\n"),
    "what is not there": ("a: 1\n", "b.c.0.d", "a: 1\n"),
    "the last line without a break": ("a: 1\nb: 2", "b", "a: 1"),
    "CRLF": ("a: 1\r\nb: 2\r\nc: 3\r\n", "b", "a: 1\r\nc: 3\r\n"),
}


@pytest.mark.parametrize(("text", "path", "wanted"), REMOVALS.values(), ids=REMOVALS)
def test_remove(text: str, path: str, wanted: str) -> None:
    assert edited(text, (path, REMOVE)) == wanted


REFUSALS = {
    "shared through an alias": ("a: &x {b: 1}\nc: *x\n", "c.b", 2),
    "shared by its anchor": ("a: &x {b: 1}\nc: *x\n", "a.b", 2),
    "a merged key taken out": ("a: &x {b: 1, d: 1}\nc:\n  <<: *x\n  e: 1\n", "c.b", REMOVE),
    "uncovers a merged key": ("a: &x {b: 1, d: 1}\nc:\n  <<: *x\n  b: 2\n", "c.b", REMOVE),
    "uncovers a key given twice": ("a: 1\na: 2\nb: 3\n", "a", REMOVE),
    "inside text": ("a: x\n", "a.b", 1),
    "a key of a list": ("a: [1]\n", "a.b", 1),
    "an item of a mapping": ("a: {b: 1}\n", "a.0", 1),
    "a colon on another line": ("a: 1\n? b\n: 2\n", "b", 3),
    "a list on the line of another": ("a:\n- - 1\n  - 2\n", "a.0.0", REMOVE),
}


@pytest.mark.parametrize(("text", "path", "value"), REFUSALS.values(), ids=REFUSALS)
def test_refuses(text: str, path: str, value: object) -> None:
    with pytest.raises(EditError):
        edited(text, (path, value))


def test_all_who_share_a_value_may_ask_for_the_same() -> None:
    text = "a: &x {b: 1}\nc: *x\n"

    assert edited(text, ("a.b", 2), ("c.b", 2)) == "a: &x {b: 2}\nc: *x\n"


def test_missing_parents_are_made_once() -> None:
    changes = ("s.u", True), ("s.v.w", ["ALL"]), ("s.v.x", 1), ("t", "x")

    wanted = lines("a: 1", "s:", "  u: true", "  v:", "    w: [ALL]", "    x: 1", "t: x")
    assert edited("a: 1\n", *changes) == wanted


def test_removals_do_not_move_the_others() -> None:
    text = lines("a:", "  - 1", "  - 2", "  - 3", "  - 4", "b: 1")

    result = edited(text, ("a.1", REMOVE), ("a.0", REMOVE), ("a.3", 5), ("b", REMOVE))
    assert result == lines("a:", "  - 3", "  - 5")


def test_several_documents() -> None:
    text = "a: 1\n---\na: 2\n---\nb: [\n---\na: 3\n"
    documents, broken = parse("x.yaml", text)
    edits = [Edit(found.node["a"], found.node.get("a") != 2) for found in documents]

    assert len(broken) == 1
    assert apply(text, edits) == "a: true\n---\na: false\n---\nb: [\n---\na: true\n"


@pytest.mark.parametrize(
    "second", [("a", 3), ("a", REMOVE), ("a.b", 3)], ids=["value", "removal", "inside"]
)
def test_contradictions_are_refused(second: tuple[str, object]) -> None:
    with pytest.raises(EditError):
        edited("a: 1\n", ("a", 2), second)


def test_what_is_asked_twice_is_done_once() -> None:
    text = "a: {b: 1, c: 2}\n"

    assert edited(text, ("a.b", 3), ("a.b", 3)) == "a: {b: 3, c: 2}\n"
    assert edited(text + "d: 1\n", ("a.b", REMOVE), ("a", REMOVE)) == "d: 1\n"


def test_json() -> None:
    text = json.dumps({"a": {}, "b": [1, {"c": "x"}], "d": None}, indent=4) + "\n"

    result = edited(
        text, ("a.e.f", ["ALL"]), ("b.1.c", REMOVE), ("b.0", True), ("d", "y"), name="x.json"
    )
    wanted = {"a": {"e": {"f": ["ALL"]}}, "b": [True, {}], "d": "y"}
    assert json.loads(result) == wanted
    assert '    "a": {\n        "e": {\n            "f": ["ALL"]\n        }\n    },\n' in result


def test_another_text_than_the_one_judged() -> None:
    with pytest.raises(EditError):
        apply("a: 2\n", [Edit(document("a: 1\n")["a"], 3)])


def test_replacements_are_minimal_and_ordered() -> None:
    root = document("a: 1\nb: 2\n")

    found = replacements([Edit(root["b"], 3), Edit(root["c"], 4), Edit(root["a"], 1)])
    assert found == ((8, 9, "3"), (9, 9, "\nc: 4"))


def test_as_many_fixes_as_go_together() -> None:
    text = "a: 1\nb: x\nc: 3\n"
    root = document(text)
    asked = {"first": ("a", 2), "second": ("a", 3), "third": ("b.c", 1), "fourth": ("c", REMOVE)}
    fixes = [
        Fix(name, edits=(Edit(root.at(*steps(path)), value),))
        for name, (path, value) in asked.items()
    ]

    result, refused = settle(text, [*fixes, Fix("advice")])
    assert result == "a: 2\nb: x\n"
    assert [fix.hint for fix in refused] == ["second", "third"]


# Any document


class Writer:
    """Writes a value as YAML in one of the thousand ways that people do, with numbered comments."""

    def __init__(self, draw: random.Random) -> None:
        self.draw = draw
        self.comments = 0
        self.step = draw.choice((2, 2, 4))

    def document(self, value: dict[str, object]) -> str:
        break_ = self.draw.choice(("\n", "\n", "\r\n"))
        written = [*self.around(0), *self.mapping(value, 0), *self.around(0)]
        at_end = (
            "" if self.draw.random() < 0.3 and not any("|" in line for line in written) else break_
        )
        return break_.join(written) + at_end

    def comment(self) -> str:
        self.comments += 1
        return f"# c{self.comments}."

    def around(self, column: int) -> list[str]:
        chosen = self.draw.choice(("", "", "", "", "blank", "comment"))
        return ["" if chosen == "blank" else " " * column + self.comment()] if chosen else []

    def behind(self) -> str:
        return f"  {self.comment()}" if self.draw.random() < 0.2 else ""

    def mapping(self, value: dict[str, object], column: int) -> list[str]:
        written: list[str] = []
        for key, item in value.items():
            head = " " * column + self.key(key) + ":"
            inner = column + (
                0 if isinstance(item, list) and self.draw.random() < 0.5 else self.step
            )
            written += (*self.around(column), *self.entry(head, item, inner))
        return written

    def sequence(self, value: list[object], column: int) -> list[str]:
        written: list[str] = []
        for item in value:
            written += self.around(column)
            if isinstance(item, dict) and item and self.draw.random() < 0.7:
                first, *others = self.mapping(item, column + 2)
                if "#" not in first[: column + 4] and first.strip():
                    written += (" " * column + "- " + first[column + 2 :], *others)
                else:
                    written += (" " * column + "-", first, *others)
            else:
                written += self.entry(" " * column + "-", item, column + self.step)
        return written

    def entry(self, head: str, item: object, column: int) -> list[str]:
        """The value behind a key or a dash."""
        if item and isinstance(item, dict) and self.draw.random() < 0.7:
            return [head + self.behind(), *self.mapping(item, column)]
        if item and isinstance(item, list) and self.draw.random() < 0.7:
            return [head + self.behind(), *self.sequence(item, column)]
        if item is None and self.draw.random() < 0.5:
            return [head + self.behind()]
        if isinstance(item, str) and re.fullmatch(r"([a-z]+\n)+", item):
            pad = " " * (len(head) - len(head.lstrip()) + self.step)
            return [f"{head} |", *(pad + line for line in item.splitlines())]
        return [f"{head} {self.flow(item)}{self.behind()}"]

    def flow(self, item: object) -> str:
        if isinstance(item, dict):
            inside = ", ".join(f"{self.key(k)}: {self.flow(v)}" for k, v in item.items())
            return "{" + inside + "}"
        if isinstance(item, list):
            return "[" + ", ".join(map(self.flow, item)) + "]"
        if isinstance(item, str):
            if re.fullmatch(r"[b-m]{2,}", item) and self.draw.random() < 0.5:
                return item
            if "\n" not in item and self.draw.random() < 0.5:
                return "'" + item.replace("'", "''") + "'"
        return json.dumps(item)

    def key(self, key: str) -> str:
        return self.draw.choice((key, key, f'"{key}"', f"'{key}'"))


KEYS = st.sampled_from(["alpha", "beta", "gamma", "delta", "a.b/c-d"])
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 99),
    st.sampled_from(
        ["", "be", "be quick", "yes", "# no", "it's: so", "*x", "- a", "1e3", "be\nmy\n"]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.dictionaries(KEYS, inner, max_size=4), st.lists(inner, max_size=4)),
    max_leaves=20,
)
ROOTS = st.dictionaries(KEYS, VALUES, min_size=1, max_size=5)
SEEDS = st.integers(0, 2**32).map(random.Random)
WANTED = st.one_of(
    SCALARS, st.lists(SCALARS, max_size=3), st.dictionaries(KEYS, SCALARS, max_size=2)
)


def random_path(value: object, draw: random.Random) -> Path:
    """A place in the value or, one time in three, one that is missing below it."""
    path: Path = ()
    while isinstance(value, dict | list) and value and (not path or draw.random() < 0.8):
        step = draw.choice(list(value) if isinstance(value, dict) else range(len(value)))
        path, value = (*path, step), value[step]  # type: ignore[call-overload, index]
    if isinstance(value, list) and draw.random() < 0.33:
        return (*path, len(value))
    if isinstance(value, dict | None) and draw.random() < 0.33:
        return (*path, *draw.choice((("new",), ("new", "deep"), ("new", 0), ("new", 0, "deep"))))
    return path


def changed(value: Any, path: Path, wanted: object) -> Any:
    """The value with something else at a path, worked out in the most obvious way."""
    if not path:
        return copy.deepcopy(wanted)
    step, *rest = path
    new = copy.copy(value)
    if new is None:
        new = [] if isinstance(step, int) else {}
    if isinstance(new, list) and isinstance(step, int):
        new += [None] * (step + 1 - len(new))
    if wanted is REMOVE and not rest:
        del new[step]
    else:
        old = new[step] if isinstance(new, list) else new.get(step)
        new[step] = changed(old, tuple(rest), wanted)
    return new


def exists(root: dict[str, object], path: Path) -> bool:
    above: Any = root
    for step in path[:-1]:
        above = above.get(step) if isinstance(above, dict) else above[step]
        if not isinstance(above, dict | list):
            return False
    return path[-1] in (above if isinstance(above, dict) else range(len(above)))


def numbered(text: str) -> set[str]:
    return set(re.findall(r"# c\d+\.", text))


@given(ROOTS, SEEDS, WANTED)
def test_put_anywhere(root: dict[str, object], draw: random.Random, wanted: object) -> None:
    text = Writer(draw).document(root)
    before = document(text)
    assert same(before.value, root)
    path = random_path(root, draw)

    result = apply(text, [Edit(before.at(*path), wanted)])
    after = document(result)
    assert same(after.value, changed(root, path, wanted))
    if not isinstance(before.at(*path).value, dict | list):
        assert numbered(result) == numbered(text)
    assert apply(result, [Edit(after.at(*path), wanted)]) == result


@given(ROOTS, SEEDS)
def test_remove_anywhere(root: dict[str, object], draw: random.Random) -> None:
    text = Writer(draw).document(root)
    path = random_path(root, draw)
    assume(exists(root, path))

    result = apply(text, [Edit(document(text).at(*path), REMOVE)])
    assert same(document(result).value, changed(root, path, REMOVE))


@given(ROOTS, SEEDS)
def test_several_at_once_or_one_after_the_other(
    root: dict[str, object], draw: random.Random
) -> None:
    text = Writer(draw).document(root)
    chosen = [(("new", name), number) for number, name in enumerate(("x", "y", "z"))]
    edits = [Edit(document(text).at(*path), value) for path, value in chosen]

    one_by_one = text
    for path, value in chosen:
        one_by_one = apply(one_by_one, [Edit(document(one_by_one).at(*path), value)])
    assert apply(text, edits) == one_by_one


@given(ROOTS, SEEDS, WANTED)
def test_what_is_shared_is_changed_for_nobody_else(
    root: dict[str, object], draw: random.Random, wanted: object
) -> None:
    shared = Writer(draw).mapping(root, 2)
    text = lines("base: &base", *shared, "all: *base", "own:", "  <<: *base  # c", "  mine: 1")
    before = document(text)
    path = (draw.choice(("base", "all", "own")), *random_path(root, draw))
    where = before.at(*path)

    try:
        result = apply(text, [Edit(where, wanted)])
    except EditError:
        return
    assert same(document(result).value, changed(before.value, path, wanted))


# Dockerfiles


def instruction(text: str, number: int) -> Instruction:
    dockerfile = read("Dockerfile", text.encode()).dockerfile
    assert dockerfile
    return list(dockerfile.instructions)[number]


def word(text: str, number: int, written: str) -> Node:
    """The shell word of an instruction, or of what it triggers, that is written like this."""
    found = instruction(text, number)
    commands = (found.trigger or found).commands
    return next(w.node for c in commands for w in c.words if w.node.value == written)


WORDS = {
    "a word more": ("RUN apt-get install a", "install", "install -y", "RUN apt-get install -y a"),
    "another word": ("RUN chmod 777 /a", "777", "775", "RUN chmod 775 /a"),
    "a word less": ("RUN curl  -k  x", "-k", REMOVE, "RUN curl  x"),
    "a word less, on lines": ("RUN curl \\\n  -k \\\n  x", "-k", REMOVE, "RUN curl \\\n  x"),
    "the last of a command": ("RUN curl x -k && y", "-k", REMOVE, "RUN curl x && y"),
    "the last word": ("RUN curl x \\\n  -k\n", "-k", REMOVE, "RUN curl x\n"),
    "below a comment": (
        "RUN curl \\\n# c\n  -k \\\n  x",
        "-k",
        REMOVE,
        "RUN curl \\\n# c\n  x",
    ),
    "words of an array": (
        'RUN ["apt-get", "install", "a"]',
        '"install"',
        "install -y",
        'RUN ["apt-get", "install", "-y", "a"]',
    ),
    "out of an array": ('RUN ["curl", "-k", "x"]', '"-k"', REMOVE, 'RUN ["curl", "x"]'),
    "inside quotes": ("RUN sh -c 'curl -k x'", "-k", REMOVE, "RUN sh -c 'curl x'"),
    "in a here-document": ("RUN <<E\ncurl -k x\nE\n", "-k", REMOVE, "RUN <<E\ncurl x\nE\n"),
    "triggered": ("ONBUILD RUN curl -k x", "-k", REMOVE, "ONBUILD RUN curl x"),
}


@pytest.mark.parametrize(("line", "written", "value", "wanted"), WORDS.values(), ids=WORDS)
def test_words_of_commands(line: str, written: str, value: object, wanted: str) -> None:
    text = f"FROM a\n{line}"

    assert apply(text, [Edit(word(text, 1, written), value)]) == f"FROM a\n{wanted}"


def test_two_words_behind_the_same_one() -> None:
    text = "FROM a\nRUN apt-get install b\n"
    verb = word(text, 1, "install")

    result = apply(text, [Edit(verb, "install --no-install-recommends"), Edit(verb, "install -y")])
    assert result == "FROM a\nRUN apt-get install --no-install-recommends -y b\n"


def test_flags() -> None:
    text = "FROM a\nCOPY --chmod=777 --link \\\n  x y\n"
    copy_ = instruction(text, 1)
    chmod, link = copy_.flag("chmod"), copy_.flag("link")
    assert chmod
    assert link

    assert apply(text, [Edit(chmod.node, "755")]) == text.replace("777", "755")
    assert apply(text, [Edit(chmod.node, REMOVE)]) == text.replace("--chmod=777 ", "")
    assert apply(text, [Edit(link.node, REMOVE)]) == text.replace("--link ", "")


@pytest.mark.parametrize(
    ("number", "value", "wanted"),
    [
        (1, REMOVE, "FROM a\r\n# c\r\nCMD b\r\n"),
        (2, "USER 1\n", "FROM a\r\nRUN x \\\r\n  y\r\n# c\r\nUSER 1\r\nCMD b\r\n"),
        (2, "CMD c", "FROM a\r\nRUN x \\\r\n  y\r\n# c\r\nCMD c\r\n"),
    ],
    ids=["removed", "one before it", "another"],
)
def test_instructions(number: int, value: object, wanted: str) -> None:
    text = "FROM a\r\nRUN x \\\r\n  y\r\n# c\r\nCMD b\r\n"

    assert apply(text, [Edit(instruction(text, number).node, value)]) == wanted


def test_keywords() -> None:
    text = "FROM a\nadd x y\nONBUILD ADD x y\n"
    trigger = instruction(text, 2).trigger
    assert trigger

    edits = [Edit(node["keyword"], "COPY") for node in (instruction(text, 1).node, trigger.node)]
    assert apply(text, edits) == "FROM a\nCOPY x y\nONBUILD COPY x y\n"


DOCKERFILE_REFUSALS = {
    "the program of an array": ('RUN ["curl", "x"]', '"curl"', REMOVE),
    "a quote that is never closed": ("RUN curl -k x", "-k", "'"),
    "another program": ("RUN curl -k x", "x", "x; rm -rf /"),
    "a here-document more": ("RUN curl -k x", "x", "x <<E"),
    "no text": ("RUN curl -k x", "-k", True),
}


@pytest.mark.parametrize(
    ("line", "written", "value"), DOCKERFILE_REFUSALS.values(), ids=DOCKERFILE_REFUSALS
)
def test_dockerfile_refuses(line: str, written: str, value: object) -> None:
    text = f"FROM a\n{line}\nCMD b\n"

    with pytest.raises(EditError):
        apply(text, [Edit(word(text, 1, written), value)])


# The real world

CORPUS = os.environ.get("KUBEGUARD_CORPUS", "")
CHECKS = load_checks()


def findings(name: str, data: bytes) -> tuple[list[Finding], list[Outcome]]:
    judged = audit([read(name, data)], CHECKS, Settings(schemas=partial(Schemas, NEWEST)))
    return list(judged.findings), [account.outcome for account in judged.accounts]


@pytest.mark.corpus
@pytest.mark.skipif(not CORPUS, reason="KUBEGUARD_CORPUS is not set")
def test_every_fix_of_the_real_world() -> None:
    """A fix goes in, or contradicts another one of its file; what went in is not found again."""
    alone, clashing, total = [], 0, 0
    for file in sorted(File(CORPUS, "real").rglob("*")):
        if not file.is_file() or b"\0" in (data := file.read_bytes()):
            continue
        before, outcomes = findings(file.name, data)
        fixes = {id(found.fix): found for found in before if found.fix and found.fix.edits}
        if not fixes:
            continue
        text = decode(data)
        result, refused = settle(text, [found.fix for found in fixes.values() if found.fix])
        after, still = findings(file.name, result.encode())
        assert still == outcomes, file
        done = [found for key, found in fixes.items() if key not in set(map(id, refused))]
        remaining = {(found.check.id, str(found.identity)) for found in after}
        assert not [f for f in done if (f.check.id, str(f.identity)) in remaining], file
        total += len(fixes)
        for fix in refused:
            try:
                apply(text, fix.edits)
                clashing += 1
            except EditError as error:
                alone.append(f"{file}: {fix.hint}: {error}")
    print(f"\n{total} fixes: {clashing} clash with another of their file, refused {len(alone)}")
    assert total
    assert len(alone) <= total // 100, alone
