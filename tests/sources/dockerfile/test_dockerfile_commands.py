"""The commands of instructions: which shell reads them, and where they are in the file."""

from __future__ import annotations

import pytest

from kubeguard.model.dockerfile import Command, Dockerfile
from kubeguard.model.node import Node
from kubeguard.sources.dockerfile import read


def dockerfile(text: str) -> Dockerfile:
    found, troubles = read("Dockerfile", text)
    assert found is not None
    assert troubles == ()
    return found


def commands(text: str) -> list[Command]:
    """Those of the last instruction of a text, which stands behind a FROM."""
    instruction = list(dockerfile(f"FROM a\n{text}").instructions)[-1]
    return list((instruction.trigger or instruction).commands)


def spoken(found: list[Command]) -> list[str]:
    return [" ".join(word.text for word in command.words) for command in found]


def place(node: Node) -> str:
    span = node.location.span
    assert span
    return f"{span.line}:{span.column}-{span.end_line}:{span.end_column}"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("RUN a b && c", ["a b", "c"]),
        ('RUN ["a", "b c"]', ["a b c"]),
        ('RUN ["/bin/sh", "-c", "a \\"b\\" | c"]', ['/bin/sh -c a "b" | c', "a b", "c"]),
        ('CMD ["sudo", "a"]', ["a"]),
        ("CMD a", ["a"]),
        ("ENTRYPOINT exec a", ["a"]),
        ("HEALTHCHECK --interval=1s CMD a || exit 1", ["a", "exit 1"]),
        ('HEALTHCHECK CMD ["a", "b"]', ["a b"]),
        ("HEALTHCHECK NONE", []),
        ("ONBUILD RUN a", ["a"]),
        ("RUN", []),
        ("RUN --mount=type=cache,target=/x a", ["a"]),
        ("RUN <<E\na\nb | c\nE", ["a", "b", "c"]),
        ("RUN <<-E\n\ta\n\tE", ["a"]),
        ("RUN <<E\r\na b\r\nc\r\nE\r\n", ["a b", "c"]),
        ("RUN <<E\n#!/bin/bash\na\nE", ["a"]),
        ("RUN <<E\n#!/usr/bin/env -S bash -e\na\nE", ["a"]),
        ("RUN <<E\n#!/usr/bin/env python3\na\nE", []),
        ("RUN cat <<E > x && a\nnot a command\nE", ["cat", "a"]),
        ("RUN python3 - <<E && a\nnot a command\nE", ["python3 -", "a"]),
        ("RUN bash <<E && a\nb\nE", ["bash", "a", "b"]),
        ("RUN <<E sh -s\nb\nE", ["sh -s", "b"]),
        ("RUN cat <<A > x; sh <<B\nnot\nA\nb\nB", ["cat", "sh", "b"]),
        ("RUN a <<'E' 'c d'\nnot\nE", ["a c d"]),
        ("ENV P='b c'\nRUN a $P", ["a b c"]),
        ("ARG P=b\nRUN a $P$Q", ["a $P$Q"]),
        ("RUN a $P\nENV P=b", []),
        ("RUN a \\\n# it's a comment\n  b", ["a b"]),
        ("RUN a # the rest is a comment \\\n && b", ["a"]),
    ],
)
def test_commands(text: str, expected: list[str]) -> None:
    assert spoken(commands(text)) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('SHELL ["powershell", "-Command"]\nRUN Get-Item x | y', []),
        ('SHELL ["cmd", "/S", "/C"]\nRUN a && b', []),
        ('SHELL ["powershell"]\nRUN ["a", "b"]', ["a b"]),
        ('SHELL ["powershell"]\nSHELL ["/bin/bash", "-c"]\nRUN a', ["a"]),
        ('SHELL ["C:\\\\\\\\x\\\\\\\\bash.exe", "-c"]\nRUN a', ["a"]),
        ("FROM mcr.microsoft.com/windows/nanoserver:ltsc2025\nRUN a & b", []),
        ("FROM mcr.microsoft.com/windows/servercore AS w\nFROM w\nRUN a", []),
    ],
)
def test_only_posix_shells_are_read(text: str, expected: list[str]) -> None:
    assert spoken(commands(text)) == expected


@pytest.mark.parametrize(
    ("text", "pipefail"),
    [
        ("RUN a", False),
        ('SHELL ["/bin/bash", "-o", "pipefail", "-c"]\nRUN a', True),
        ('SHELL ["/bin/bash", "-euxo", "pipefail", "-c"]\nRUN a', True),
        ('SHELL ["/bin/bash", "-c"]\nRUN a', False),
        ('SHELL ["/bin/bash", "-o", "pipefail", "-c"]\nSHELL ["/bin/sh", "-c"]\nRUN a', False),
        ('SHELL ["/bin/bash", "-o", "pipefail", "-c"]\nFROM b\nRUN a', False),
        ('FROM b AS c\nSHELL ["bash", "-o", "pipefail", "-c"]\nFROM c\nRUN a', True),
        ('SHELL ["/bin/bash", "-o", "pipefail", "-c"]\nRUN ["bash", "-c", "a"]', False),
        ("RUN <<E\n#!/bin/bash -o pipefail\na\nE", True),
        ("RUN <<E\nset -o pipefail\na\nE", True),
    ],
)
def test_pipefail(text: str, pipefail: bool) -> None:
    assert commands(text)[-1].pipefail is pipefail


TEXT = r"""RUN --mount=type=cache,target=/x \
    # comment
    apt-get install -y \
      cu\
rl "a b" \

      && sudo -u root wget $U | sh -c 'x \
        "y"'
"""


@pytest.mark.parametrize(
    ("command", "word", "text", "where"),
    [
        (0, 0, "apt-get", "4:5-4:12"),
        (0, 2, "-y", "4:21-4:23"),
        (0, 3, "cu\\\nrl", "5:7-6:3"),
        (0, 4, '"a b"', "6:4-6:9"),
        (1, 0, "wget", "8:23-8:27"),
        (1, 1, "$U", "8:28-8:30"),
        (2, 2, "'x \\\n        \"y\"'", "8:39-9:13"),
        (3, 0, "x", "8:40-8:41"),
        (3, 1, '"y"', "9:9-9:12"),
    ],
)
def test_places(command: int, word: int, text: str, where: str) -> None:
    node = commands(TEXT)[command].words[word].node
    assert (node.text, place(node)) == (text, where)


def test_places_of_commands_wrappers_and_what_is_missing() -> None:
    install, wget, shell, inner = commands(TEXT)
    assert place(wget.node) == "8:10-8:30"
    assert place(wget.wrappers[0].node) == "8:10-8:14"
    assert place(install.node["words"][99]) == place(install.node)
    assert inner.piped_from is wget
    assert shell.piped_from is wget


def test_places_in_heredocs_and_json() -> None:
    (found,) = commands("RUN <<E\n\n  a 'b'\nE")
    assert place(found.words[1].node) == "4:5-4:8"
    _, found = commands('RUN ["sh", "-c", "a \\"b\\" c"]')
    assert [place(word.node) for word in found.words] == ["2:19-2:20", "2:21-2:26", "2:27-2:28"]


def test_words_that_a_variable_becomes_are_where_it_is_used() -> None:
    _, found = commands("RUN P='b c'; true; a $P")
    assert [(word.value, place(word.node)) for word in found.words[1:]] == [
        ("b", "2:22-2:24"),
        ("c", "2:22-2:24"),
    ]
