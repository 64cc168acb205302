"""Both shapes of a Dockerfile hold what BuildKit's own parser says."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kubeguard.rego.styles.dockerfiles import Shapes, shapes
from kubeguard.sources.dockerfile import read

ORACLE = Path(__file__).parents[1] / "sources/dockerfile/oracle.py"
Oracle = Callable[[str], dict[str, Any]]

TEXT = """\
# syntax=docker/dockerfile:1
# about
# the build
ARG V=1
#
# base
FROM golang:$V AS build
ENV a=b c="d e"
ENV old style  value
RUN --mount=type=cache,target=/x --network=none apt-get update && \\
  # inside
  apt-get install x
RUN <<EOF
echo a
echo b
EOF
COPY --from=build <<EOF /dest
hi
EOF
RUN cat <<-'X' && true
\tsome
\tX
onbuild Run echo hi
from alpine
CMD ["a", "b"]
HEALTHCHECK --interval=5m CMD curl x
SHELL ["/bin/sh"]
"""


def made(text: str) -> Shapes:
    dockerfile, _ = read("Dockerfile", text)
    return shapes(dockerfile) if dockerfile else Shapes({"Stages": []}, [], (), (), {})


def commands(text: str) -> list[dict[str, Any]]:
    return [command for stage in made(text).stages["Stages"] for command in stage["Commands"]]


def test_stages_have_the_names_that_trivy_gives() -> None:
    assert [stage["Name"] for stage in made(TEXT).stages["Stages"]] == [
        "",
        "golang:$V AS build",
        "from alpine",
    ]
    assert [command["Stage"] for command in commands(TEXT)] == [0] * 9 + [1] * 4


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (0, {"Cmd": "arg", "Value": ["V=1"], "StartLine": 4, "EndLine": 4, "Stage": 0}),
        (1, {"Cmd": "from", "Value": ["golang:$V", "AS", "build"], "Flags": None}),
        (2, {"Value": ["a", "b", "=", "c", '"d e"', "="], "Original": 'ENV a=b c="d e"'}),
        (3, {"Value": ["old", "style  value", ""]}),
        (
            4,
            {
                "Flags": ["--mount=type=cache,target=/x", "--network=none"],
                "Value": ["apt-get update &&   apt-get install x"],
                "StartLine": 10,
                "EndLine": 12,
                "JSON": False,
            },
        ),
        (5, {"Value": ["echo a ; echo b"], "Original": "RUN <<EOF\necho a\necho b\nEOF"}),
        (6, {"Value": ["hi"], "Flags": ["--from=build"], "StartLine": 17, "EndLine": 19}),
        (7, {"Value": ["cat <<-'X' && true\n\tsome\nX"]}),
        (8, {"Cmd": "onbuild", "SubCmd": "Run", "Value": ["echo hi"], "JSON": False}),
        (10, {"Cmd": "cmd", "JSON": True, "Value": ["a", "b"]}),
        (11, {"Flags": ["--interval=5m"], "Value": ["CMD", "curl x"]}),
        (12, {"Cmd": "shell", "Path": "Dockerfile", "SubCmd": ""}),
    ],
)
def test_trivys_commands(number: int, expected: dict[str, Any]) -> None:
    command = commands(TEXT)[number]
    assert {key: command[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("body", "value"),
    [
        ("<<EOF\r\na\r\nb\r\nEOF\r\n", ["a ; b"]),
        ("<<-EOF\n\ta\n\tb\n\tEOF\n", ["a ; b"]),
        ("<<EOF\n#!/bin/sh\na\nEOF\n", ["<<EOF\n#!/bin/sh\na\nEOF"]),
        ("<<A <<B\na\nA\nb\nB\n", ["<<A <<B\na\nA\nb\nB"]),
        ("<<EOF\nEOF\n", [""]),
    ],
)
def test_here_documents(body: str, value: list[str]) -> None:
    assert commands(f"FROM a\nRUN {body}")[1]["Value"] == value


def test_conftest_has_comments_and_no_lines() -> None:
    told = [(c["Cmd"], c["Value"], c["Stage"]) for c in made(TEXT).commands]
    assert told[:5] == [
        ("comment", ["about"], 0),
        ("comment", ["the build"], 0),
        ("arg", ["V=1"], 0),
        ("comment", ["base"], 0),
        ("from", ["golang:$V", "AS", "build"], 0),
    ]
    assert set(made(TEXT).commands[0]) == {"Cmd", "SubCmd", "JSON", "Flags", "Value", "Stage"}


def test_every_entry_leads_back_to_its_instruction() -> None:
    found = made(TEXT)
    assert [len(stage) for stage in found.by_stage] == [1, 8, 4]
    assert [node.get("keyword") for node in found.by_command[:5]] == [
        "ARG",
        "ARG",
        "ARG",
        "FROM",
        "FROM",
    ]
    assert found.by_line[11] is found.by_line[10] is found.by_stage[1][3]


@pytest.fixture(scope="module")
def oracle() -> Iterator[Oracle]:
    pytest.importorskip("dockerfile", reason="the oracle has no wheel for this platform")
    with subprocess.Popen(
        [sys.executable, str(ORACLE)], stdin=-1, stdout=-1, text=True, encoding="utf-8"
    ) as process:
        assert process.stdin
        assert process.stdout

        def ask(text: str) -> dict[str, Any]:
            process.stdin.write(json.dumps(text) + "\n")
            process.stdin.flush()
            answer: dict[str, Any] = json.loads(process.stdout.readline())
            return answer

        yield ask
        process.stdin.close()


def agree(text: str, answer: dict[str, Any]) -> None:
    """Both say the same of every instruction; BuildKit's binding leaves `=` out of ENV."""
    theirs = [
        (
            each["keyword"].lower(),
            (each["trigger"] or "").upper(),
            each["json"],
            each["flags"] or None,
            each["words"] or None,
            each["lines"][0],
        )
        for each in answer["commands"]
    ]
    ours = [
        (
            each["Cmd"],
            each["SubCmd"].upper(),
            each["JSON"],
            each["Flags"],
            _without_separators(each),
        )
        for each in made(text).commands
        if each["Cmd"] != "comment"
    ]
    lines = [each["StartLine"] for each in commands(text)]
    assert [(*one, line) for one, line in zip(ours, lines, strict=True)] == theirs


def _without_separators(command: dict[str, Any]) -> list[str] | None:
    value: list[str] | None = command["Value"]
    if value and {"env", "label"} & {command["Cmd"], command["SubCmd"].lower()}:
        return [word for number, word in enumerate(value) if number % 3 < 2]
    return value


_CORPUS = os.environ.get("KUBEGUARD_CORPUS")


@pytest.mark.corpus
@pytest.mark.skipif(not _CORPUS, reason="needs KUBEGUARD_CORPUS, a folder with real Dockerfiles")
def test_real_dockerfiles(oracle: Oracle) -> None:
    files = [file for file in Path(_CORPUS or "", "real").rglob("*ockerfile*") if file.is_file()]
    judged = 0
    for file in files:
        text = file.read_bytes().decode()
        _, troubles = read("Dockerfile", text)
        answer = oracle(text)
        if not troubles and "commands" in answer:
            agree(text, answer)
            judged += 1
    assert judged > 150


_LINES = st.sampled_from(
    [
        *("ARG V", "ARG V=1 W", "ENV a=b 'c'=\"d e\"", "ENV a b  c", "LABEL x=y"),
        *("# comment", "", "  # indented", "#"),
        *(
            'RUN ["a", "b"]',
            "RUN a \\\n  # c\n  b",
            "run a",
            "RUN <<E cat\nx\nE",
            "RUN <<-E\n\tx\n\tE",
        ),
        *("COPY --from=x --link a b", "ADD <<E /y\nx\nE", "ONBUILD COPY a b", "onbuild env a=b"),
        *("FROM b AS c", "from d", "HEALTHCHECK NONE", 'HEALTHCHECK --retries=3 CMD ["x"]'),
        *("EXPOSE 80 443/tcp", 'VOLUME ["/x"]', "USER 1", "WORKDIR /a b", "STOPSIGNAL 9"),
    ]
)


@settings(max_examples=100, deadline=None)
@given(st.lists(_LINES, max_size=12), st.sampled_from(["\n", "\r\n"]))
def test_generated_dockerfiles(oracle: Oracle, lines: list[str], end: str) -> None:
    text = "\n".join(["FROM a", *lines, ""]).replace("\n", end)
    answer = oracle(text)
    assert "commands" in answer
    agree(text, answer)
