"""Whatever comes in: an answer in bounded time, and no check falls over it."""

from __future__ import annotations

import copy
import os
import random
import re
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from time import process_time

import pytest

from kubeguard.engine import Settings, audit
from kubeguard.model.cluster import NEWEST
from kubeguard.model.finding import Check, Outcome, Report
from kubeguard.model.node import Node, Source
from kubeguard.model.places import CommentedPlaces
from kubeguard.model.reading import Reading
from kubeguard.registry import load_checks
from kubeguard.sources.schema import Schemas
from kubeguard.sources.text import read

CHECKS = load_checks()
HEAD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
SECONDS = 10
"""Generous: what takes half a second here takes five on a busy machine, a square takes hours."""


def judged(reading: Reading) -> Report:
    return audit([reading], CHECKS, Settings(NEWEST, partial(Schemas, NEWEST)))


def sane(reading: Reading) -> None:
    """Every place lies inside the text, and nothing but findings comes of judging it."""
    report = judged(reading)
    assert report.faults == ()
    for trouble in reading.troubles:
        span, lines = trouble.node.location.span, trouble.node.source.places.lines
        assert span is not None
        assert 1 <= span.line <= span.end_line <= len(lines.starts)
        assert (span.line, span.column) <= (span.end_line, span.end_column)
        assert 1 <= span.column <= len(lines.line(span.line)) + 2
    for finding in report.findings:
        assert finding.location.span is not None
        assert finding.fingerprint


# What takes no time


LAUGHS = "a0: &a0 [1, 1]\n" + "".join(
    f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}, *a{n - 1}]\n" for n in range(1, 40)
)
MERGES = "a0: &a0 {x0: 1}\n" + "".join(
    f"a{n}: &a{n} {{<<: [*a{n - 1}, *a{n - 1}], x{n}: 1}}\n" for n in range(1, 40)
)
WIDE = "a: &a {" + ",".join(f"k{n}: 1" for n in range(1000)) + "}\nb:\n" + "- {<<: *a}\n" * 100_000
ATTACKS: dict[str, tuple[str, Outcome, str]] = {
    "levels of flow": ("[" * 20_000, Outcome.FAILED, "nested deeper"),
    "levels of mappings": ("{a: " * 20_000, Outcome.FAILED, "nested deeper"),
    "levels of dashes": ("- " * 20_000, Outcome.FAILED, "nested deeper"),
    "levels of blocks": (
        "".join(" " * n + "a:\n" for n in range(3000)),
        Outcome.FAILED,
        "nested deeper",
    ),
    "levels of JSON": ('{"a":' * 20_000, Outcome.FAILED, "nested deeper"),
    "levels of keys": ("? " * 20_000, Outcome.FAILED, "a mapping cannot be a key"),
    "levels of anchors": ("&a " * 20_000, Outcome.FAILED, ""),
    "aliases": (HEAD + LAUGHS, Outcome.FAILED, "aliases stand for more than"),
    "merges": (HEAD + MERGES, Outcome.FAILED, "aliases stand for more than"),
    "a wide merge": (HEAD + WIDE, Outcome.FAILED, "aliases stand for more than"),
    "anchors": (
        HEAD + "x:\n" + "".join(f"- &a{n} v{n}\n" for n in range(100_000)),
        Outcome.JUDGED,
        "",
    ),
    "empty documents": ("---\n" * 49_999, Outcome.SKIPPED, "nothing but comments"),
    "too many documents": ("---\n" * 200_000, Outcome.FAILED, "more than 50,000 documents"),
    "broken documents": ("a: [\n---\n" * 200_000, Outcome.FAILED, ""),
    "duplicate keys": (HEAD + "a: 1\n" * 200_000, Outcome.JUDGED, ""),
    "foreign tags": (HEAD + "x:\n" + "- !t v\n" * 100_000, Outcome.JUDGED, ""),
    "many lines": (
        HEAD + "data:\n" + "".join(f"  k{n}: v\n" for n in range(100_000)),
        Outcome.JUDGED,
        "",
    ),
    "a long line": (HEAD + "data: {a: " + "x" * 5_000_000 + "}\n", Outcome.JUDGED, ""),
    "a long comment of templates": (HEAD + "#" + "{{ .Values " * 400_000, Outcome.JUDGED, ""),
    "comments of templates": (HEAD + "# {{ .Values\n" * 100_000, Outcome.JUDGED, ""),
    "an open quote": (HEAD + 'x: "' + "a\n" * 500_000, Outcome.FAILED, "quoted scalar"),
    "spaces": (" " * 5_000_000, Outcome.SKIPPED, "nothing but comments"),
    "directives": ("%a\n" * 300_000, Outcome.FAILED, "directive"),
    "numbers": (
        HEAD + "x:\n" + ("- " + "1" * 100_000 + "\n") * 50,
        Outcome.JUDGED,
        "",
    ),
}


@pytest.mark.parametrize("attack", ATTACKS)
def test_an_attack_takes_no_time(attack: str) -> None:
    text, outcome, reason = ATTACKS[attack]
    data = text.encode()
    started = process_time()
    found = read("a.yaml", data)
    assert process_time() - started < SECONDS
    assert found.outcome is outcome
    assert reason in found.reason
    assert len(found.troubles) <= 102
    sane(found)


@pytest.mark.parametrize(
    "text",
    [
        "ARG abcdefgh\n" * 2_000 + "x",
        "ARG " + "a" * 500_000,
        "# c\n" * 100_000 + "x",
        " \t" * 500_000,
        ("FROM" + " " * 1000) * 500,
        "FROM a AS " + "b " * 100_000,
        "kind" * 500_000,
        "{" * 100_000,
    ],
)
def test_a_text_without_a_name_is_told_in_no_time(text: str) -> None:
    started = process_time()
    assert read("text", text.encode()).outcome is Outcome.SKIPPED
    assert process_time() - started < SECONDS


def test_a_long_name_does_not_make_every_message_long() -> None:
    """The messages of all checks about one container: a name is told once, cut, not once each."""
    text = f"{HEAD}spec: {{containers: [{{name: {'n' * 5000}, image: x}}]}}\n"
    messages = [finding.message for finding in judged(read("a.yaml", text.encode())).findings]
    assert len([message for message in messages if "container 'nnn" in message]) > 5
    assert max(map(len, messages)) < 300


def test_ten_thousand_comments_are_looked_up_in_no_time() -> None:
    entry = "# kubeguard: ignore[x]\n{}k{}: v # kubeguard: ignore[y]\n"
    text = HEAD + "data:\n" + "".join(entry.format("  ", n) for n in range(10_000)) + "x: 1\n" * 9
    (node,) = read("a.yaml", text.encode()).objects
    places = node.source.places
    assert isinstance(places, CommentedPlaces)
    started = process_time()
    for line in range(5, 20_005):
        places.starting(line)
        assert places.is_comment(line, places.lines.line(line).index("#") + 1)
    assert process_time() - started < SECONDS


@pytest.mark.parametrize("part", ["\n", " ", "deb [", "[http\n", "password=kakadu7\n", "\\\n"])
@pytest.mark.parametrize("opening", ["RUN <<E\n{}\nE\n", "COPY <<E x\n{}\nE\n", "RUN x {}\n"])
def test_a_long_instruction_is_judged_in_no_time(part: str, opening: str) -> None:
    text = "FROM a\n" + opening.format(part * (500_000 // len(part)))
    started = process_time()
    assert not judged(read("Dockerfile", text.encode())).faults
    assert process_time() - started < SECONDS


def test_a_file_in_which_every_line_is_a_finding() -> None:
    container = "  - {name: a, image: b, securityContext: {privileged: true}}\n"
    found = read("a.yaml", (HEAD + "spec:\n  containers:\n" + container * 2_000).encode())
    started = process_time()
    report = judged(found)
    assert process_time() - started < 3 * SECONDS
    assert not report.faults
    assert len({f.location.span.line for f in report.findings if f.location.span}) >= 2_000


# Any value in any place


FENCE = re.compile(r"^```yaml[^\n]*\n(.*?)^```$", re.DOTALL | re.MULTILINE)
ODD: list[object] = [
    *(None, True, 5, -1, 10**30, float("nan"), float("inf"), "", "x", "\x85\ud7ff"),
    *([], {}, [[]], [{}], [None], {"a": [1]}, [["x"]], [{"x": ["y"]}]),
]


def paths(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if path:
        yield path
    if isinstance(value, dict | list):
        for key, child in value.items() if isinstance(value, dict) else enumerate(value):
            yield from paths(child, (*path, key))


def replaced(value: object, path: tuple[str | int, ...], by: object) -> object:
    changed = copy.deepcopy(value)
    here: object = changed
    for step in path[:-1]:
        here = here[step]  # type: ignore[index]
    here[path[-1]] = by  # type: ignore[index]
    return changed


def of(values: list[object]) -> Reading:
    nodes = tuple(Node(value, Source("a.yaml", value=value)) for value in values)
    return Reading("a.yaml", Outcome.JUDGED, "Kubernetes", objects=nodes)


@pytest.mark.parametrize("check", CHECKS, ids=lambda check: f"{check.id}-{check.name}")
def test_a_check_survives_any_value_in_any_place_of_its_page(check: Check) -> None:
    for fence in FENCE.findall(check.page.read_text(encoding="utf-8")):
        values = [node.value for node in read("a.yaml", fence.encode()).objects]
        for number, value in enumerate(values):
            for path in paths(value):
                for odd in ODD:
                    changed = [*values[:number], replaced(value, path, odd), *values[number + 1 :]]
                    report = audit([of(changed)], [check])
                    assert report.faults == (), (path, odd)


# Anything at all


ABUSE = [
    *(
        b"null",
        b"[]",
        b"{}",
        b"5",
        b'"',
        b"'",
        b": ",
        b"\n",
        b"- ",
        b"*a ",
        b"&a ",
        b"!t ",
        b"<<: ",
    ),
    *(b"|\n", b"{{ .Values.x }}", b"\0", b"\xff", b"\r", b"\t", b"# ", b"---\n", b"true", b"1e400"),
    *(b".nan", b"\xef\xbb\xbf", b"\xe2\x80\xa8", b"9" * 30, b"%", b"...\n", b"\xed\xa0\x80", b"\\"),
]


def mutated(data: bytes, dice: random.Random) -> bytes:
    """Bytes cut out, put in, doubled, flipped; lines exchanged."""
    for _ in range(dice.randint(1, 6)):
        at, other = dice.randrange(len(data) + 1), dice.randrange(len(data) + 1)
        piece = data[other : other + dice.randint(1, 80)]
        data = dice.choice(
            [
                data[:at] + data[at + dice.randint(1, 30) :],
                data[:at] + dice.choice(ABUSE) + data[at:],
                data[:at] + piece + data[at:],
                data[:at] + dice.randbytes(1) + data[at + 1 :],
                data[: min(at, other)] + data[max(at, other) :],
            ]
        )
    return data


SEEDS = [fence for check in CHECKS for fence in FENCE.findall(check.page.read_text("utf-8"))]


@pytest.mark.parametrize("seed", range(20))
def test_mutated_manifests(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(20):
        name = dice.choice(["a.yaml", "a.json", "Dockerfile", "-"])
        sane(read(name, mutated(dice.choice(SEEDS).encode(), dice)))


@pytest.mark.parametrize("seed", range(10))
def test_random_bytes(seed: int) -> None:
    dice = random.Random(seed)
    for _ in range(100):
        data = dice.randbytes(dice.randint(0, 60))
        text = "".join(dice.choices("ab:-{}[]#&*!|>'\"%@` \n\t\r,?~<0", k=dice.randint(0, 60)))
        sane(read(dice.choice(["a.yaml", "a.json"]), dice.choice([data, text.encode()])))


@pytest.mark.corpus
def test_mutated_real_files() -> None:
    folder = os.environ.get("KUBEGUARD_CORPUS")
    if not folder:
        pytest.skip("KUBEGUARD_CORPUS is not set: real files are not mutated")
    files = sorted(
        file for file in Path(folder, "corpus").rglob("*.yaml") if file.stat().st_size < 100_000
    )
    dice = random.Random(0)
    for file in dice.choices(files, k=300):
        started = process_time()
        found = read(file.name, mutated(file.read_bytes(), dice))
        assert process_time() - started < SECONDS
        sane(found)
