"""No text makes the reader fail, hang or point outside of it."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kubeguard.model.dockerfile import Command, Dockerfile, Instruction, Word
from kubeguard.model.node import Node
from kubeguard.sources.dockerfile import read

_CORPUS = os.environ.get("KUBEGUARD_CORPUS")


def check(text: str) -> Dockerfile | None:
    """Read it, ask for everything, and compare every node with the text at its place."""
    dockerfile, troubles = read("Dockerfile", text)
    for trouble in troubles:
        assert _slice(trouble.node) is not None
    for instruction in dockerfile.instructions if dockerfile else ():
        for word in _words(instruction):
            assert word.node.value is None or word.node.text == _slice(word.node)
    return dockerfile


def _words(instruction: Instruction) -> Iterator[Word]:
    yield from instruction.words
    for words in instruction.flags.values():
        yield from words
    for command in instruction.commands:
        assert command.node.text == _slice(command.node)
        yield from _words_of(command)
    if instruction.trigger:
        yield from _words(instruction.trigger)


def _words_of(command: Command) -> Iterator[Word]:
    yield from (*command.words, *command.wrappers, *command.assignments.values())


def _slice(node: Node) -> str:
    """The text at the node's span; fails when that lies outside."""
    text, span = node.source.text, node.location.span
    assert span
    starts = node.source.places.lines.starts
    assert 1 <= span.line <= span.end_line <= len(starts)
    start = starts[span.line - 1] + span.column - 1
    end = starts[span.end_line - 1] + span.end_column - 1
    assert 0 <= start <= end <= len(text)
    return text[start:end]


_PIECES = st.lists(
    st.sampled_from(
        [
            *("FROM a", "FROM a AS b", "RUN ", "COPY --from=b ", "ENV ", "ARG ", "ONBUILD RUN "),
            *("HEALTHCHECK CMD ", 'SHELL ["bash", "-c"]', "USER ", "EXPOSE ", "LABEL ", "JUNK "),
            *("\n", "\r\n", "\r", "\\\n", "\\\r\n", "`\n", "\n# c\n", "\\\n  # c\n", " ", "\t"),
            *(
                "<<E",
                "\nE\n",
                "<<-'E'",
                "a=b",
                "$a",
                "${a:-b}",
                "${a",
                '"',
                "'",
                "\\",
                "[",
                '["a"]',
            ),
            *(
                "&& ",
                "| ",
                "; ",
                "$(a)",
                "sh -c 'a \"b\"'",
                "sudo a",
                "P='a b'; ",
                "$P",
                "é\U0001f600",
            ),
            *("# escape=`\n", "\ufeff", "\0", "{{ x }}", "\x85", "\u2028"),
        ]
    )
    | st.text(max_size=4),
    max_size=30,
).map("".join)


@settings(max_examples=300, deadline=None)
@example("FROM a\nRUN \\")
@example("FROM a\nRUN <<E <<F")
@example('FROM a\nRUN ["\\u00e9\\n", "-c"]')
@example("FROM a\rRUN b\r")
@given(_PIECES)
def test_any_text(text: str) -> None:
    check(text)
    check(f"FROM a\n{text}")


@settings(max_examples=100, deadline=None)
@given(_PIECES.filter(lambda text: "<<" not in text and "\ufeff" not in text), _PIECES)
def test_what_follows_does_not_change_what_was_read(first: str, second: str) -> None:
    """Once a here-document cannot swallow it and no continuation joins it."""
    first = f"FROM a\n{first}\nUSER x\n"
    before, _ = read("Dockerfile", first)
    after, _ = read("Dockerfile", f"{first}\nUSER y\n{second}")
    if before and after:
        assert isinstance(after.node.value, list)
        assert after.node.value[: len(list(before.instructions))] == before.node.value


@pytest.mark.corpus
@pytest.mark.skipif(not _CORPUS, reason="needs KUBEGUARD_CORPUS, a folder with real Dockerfiles")
def test_real_dockerfiles_and_what_becomes_of_them_by_accident() -> None:
    chance = random.Random(3)
    files = [file for file in Path(_CORPUS or "", "real").rglob("*ockerfile*") if file.is_file()]
    assert len(files) > 200
    for file in files:
        text = file.read_bytes().decode()
        check(text)
        for _ in range(3):
            start = chance.randrange(len(text) + 1)
            end = start + chance.choice((0, 1, 5, 40))
            check(
                text[:start]
                + chance.choice(("", '"', "'", "\\\n", "<<E ", "$(", "\n", "`"))
                + text[end:]
            )


_MEGABYTE = 1_000_000


@pytest.mark.parametrize(
    "text",
    [
        "\\" * _MEGABYTE,
        "FROM a\nRUN a" + "\\\n" * (_MEGABYTE // 2),
        "FROM a\nRUN " + "a " * (_MEGABYTE // 2),
        "FROM a\nENV " + "a=b " * (_MEGABYTE // 4),
        "FROM a\nENV a=" + '"\\"' * (_MEGABYTE // 3),
        "FROM a\nENV a=" + "${a:-" * (_MEGABYTE // 5),
        "FROM a\nCOPY " + "--a " * (_MEGABYTE // 4),
        "FROM a\nRUN a" + " " * (_MEGABYTE - 20) + "b",
        "FROM a\nRUN [" + '"a",' * (_MEGABYTE // 4),
        "FROM a\nRUN " + "[" * _MEGABYTE,
        "FROM a\nRUN " + "<<A " * (_MEGABYTE // 4),
        "FROM a\n" + "RUN <<A\n" * (_MEGABYTE // 8),
        "FROM a\n" + "".join(f"RUN <<A{n}\n" for n in range(70_000)),
        "FROM a\n" + "ONBUILD " * (_MEGABYTE // 8),
        "RUN a\n" * (_MEGABYTE // 6),
        "x\n" * (_MEGABYTE // 2),
        "FROM a\nENV A=" + "a" * 60_000 + "\nENV B=" + "$A" * 400_000,
        "FROM a\nENV A=aaaaaaaa\n" + "ENV A=$A$A$A\n" * 9000,
        "FROM a\nRUN P='" + "a " * 30_000 + "'; " + "b $P; " * 8000,
        "FROM a\nRUN " + "a|" * 30_000,
        "FROM a\nRUN " + "`>x " * 15_000,
        "FROM a\nRUN " + "(()" * 20_000,
        "FROM a\nRUN " + "if a; then " * 10_000,
    ],
    ids=lambda text: f"{text[:14]!r}...",
)
def test_cost_is_bounded(text: str) -> None:
    began = time.process_time()
    dockerfile, _ = read("Dockerfile", text)
    for instruction in dockerfile.instructions if dockerfile else ():
        assert instruction.commands is not None
    assert time.process_time() - began < 15
