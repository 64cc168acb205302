"""What BuildKit's parser makes of a Dockerfile is what kubeguard makes of it."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from itertools import takewhile
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from kubeguard.model.dockerfile import Instruction
from kubeguard.model.trouble import TroubleKind
from kubeguard.sources.dockerfile import read
from kubeguard.sources.dockerfile.grammar import KEYWORDS

pytest.importorskip("dockerfile", reason="the oracle has no wheel for this platform")
Oracle = Callable[[str], dict[str, Any]]


@pytest.fixture(scope="module")
def oracle() -> Iterator[Oracle]:
    program = [sys.executable, str(Path(__file__).with_name("oracle.py"))]
    with subprocess.Popen(program, stdin=-1, stdout=-1, text=True, encoding="utf-8") as process:
        assert process.stdin
        assert process.stdout

        def ask(text: str) -> dict[str, Any]:
            process.stdin.write(json.dumps(text) + "\n")
            process.stdin.flush()
            answer: dict[str, Any] = json.loads(process.stdout.readline())
            return answer

        yield ask
        process.stdin.close()


def ours(text: str) -> list[dict[str, Any]]:
    """The instructions in the oracle's words."""
    dockerfile, _ = read("Dockerfile", text)
    return [_described(each) for each in dockerfile.instructions] if dockerfile else []


def _described(instruction: Instruction) -> dict[str, Any]:
    inner = instruction.trigger or instruction
    extent = instruction.node.source.places.extent(instruction.node.path)
    assert extent
    words = inner.node["arguments"].sequence
    if inner.keyword == "ARG":
        pairs = zip(words[::2], words[1::2], strict=True)
        words = [key if value is None else f"{key}={value}" for key, value in pairs]
    return {
        "keyword": instruction.keyword,
        "trigger": instruction.trigger.keyword if instruction.trigger else None,
        "json": inner.json_form,
        "flags": sorted(
            f"--{name}" if word.node.text.startswith("--") else f"--{name}={value}"
            for name, values in instruction.flags.items()
            for word, value in zip(values, instruction.get("flags", name), strict=True)
        ),
        "words": words,
        "lines": _lines(instruction.node.source.text, extent.line, extent.end_line),
        "heredocs": [[doc.name, doc.body.value] for doc in instruction.heredocs],
    }


def theirs(commands: list[dict[str, Any]], text: str) -> list[dict[str, Any]]:
    """What the parser accepts until BuildKit refuses something a moment later."""
    kept = list(takewhile(_usable, commands))
    for command in kept:
        command["flags"].sort()
        command["lines"] = _lines(text, *command["lines"])
        for document in command["heredocs"]:
            if f"<<-{document[0]}" in text:
                document[1] = re.sub(r"(?m)^\t+", "", document[1])
    return kept


def _usable(command: dict[str, Any]) -> bool:
    keyword, count = command["trigger"] or command["keyword"], len(command["words"])
    if keyword not in KEYWORDS:
        return False
    if command["keyword"] == "ONBUILD" and keyword in ("ONBUILD", "FROM", "MAINTAINER"):
        return False
    least = {"ADD": 2, "COPY": 2, "RUN": 0, "CMD": 0, "ENTRYPOINT": 0, "FROM": 0}
    return count >= least.get(keyword, 1)


def _lines(text: str, first: int, last: int) -> list[int]:
    """Without the blank lines and comments at the end of a continuation that leads nowhere."""
    lines = text.split("\n")
    while last > first and re.fullmatch(r"[ \t\r\\`]*|\s*#.*", lines[last - 1]):
        last -= 1
    return [first, last]


def agree(text: str, answer: dict[str, Any]) -> None:
    expected = theirs(answer.get("commands", []), text)
    assert ours(text)[: len(expected)] == expected
    if "error" in answer or len(expected) < len(answer["commands"]):
        _, troubles = read("Dockerfile", text)
        assert TroubleKind.BROKEN in {trouble.kind for trouble in troubles}, answer
    else:
        assert len(ours(text)) == len(expected)


_CORPUS = os.environ.get("KUBEGUARD_CORPUS")


@pytest.mark.corpus
@pytest.mark.skipif(not _CORPUS, reason="needs KUBEGUARD_CORPUS, a folder with real Dockerfiles")
def test_real_dockerfiles(oracle: Oracle) -> None:
    files = [file for file in Path(_CORPUS or "", "real").rglob("*ockerfile*") if file.is_file()]
    assert len(files) > 200
    for file in files:
        text = file.read_bytes().decode()
        agree(text, oracle(text))


_WORDS = st.sampled_from(
    [
        *("a", "x=1", "$V", "é", "#", "=", "&&", '"q r"', "'s t'", '"', "'", "\\", "\\ ", "\t"),
        *("--from=b", "--link", "--mount=type=cache,x", "--"),
        *("<<EOF", "<<-E", "<<'Q'", "3<<EOF", "<<"),
        *('["a", "b"]', '["a"', "[]", "[1]"),
        *("\\\n", "\\  \n  ", "\\\n# c\n", "\\\n\n", "`\n", "\r\n"),
    ]
)
_LINES = st.builds(
    lambda keyword, words, gap: keyword + gap + gap.join(words),
    st.sampled_from([*sorted(KEYWORDS), "run", "Copy", "JUNK", "  RUN", "HEALTHCHECK CMD"])
    | st.sampled_from(["ONBUILD RUN", "ONBUILD COPY", "COPY a", "RUN cat"]),
    st.lists(_WORDS, max_size=6),
    st.sampled_from([" ", "\t", "  "]),
)
_OTHER = st.sampled_from(
    [
        *("", "#", "# comment", "\\", "body", "  FROM evil", "EOF", "Q", "E", "\tE"),
        *("# escape=`", " # escape=\\", "# syntax=x", "# check=skip=all;error=true"),
    ]
)
_TEXTS = st.lists(_LINES | _OTHER, max_size=12).map("\n".join) | st.lists(
    _LINES | _OTHER, max_size=6
).map("\r\n".join)


@settings(max_examples=300, deadline=None)
@example("\\\n")
@example("FROM a\nRUN <<EOF")
@example("# foo=bar\n# escape=`\nFROM a\nRUN a `\n b")
@example("FROM a\nRUN a \\\\\nUSER b")
@example("\ufeffFROM a")
@given(text=_TEXTS)
def test_generated_dockerfiles(oracle: Oracle, text: str) -> None:
    agree(text, oracle(text))
