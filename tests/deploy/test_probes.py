"""What a container is asked: by real processes in namespaces of their own, and by liars."""

from __future__ import annotations

import base64
import shutil
import subprocess
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sandbox import TOKEN, Sandbox, sandboxed, why_not

from kubeguard.deploy.probes import (
    MOST_BYTES,
    Answer,
    Probed,
    Question,
    Reach,
    Root,
    Unprobed,
    asked,
    doubts,
    found,
    programs,
    read,
)

STANDARD = "/var/run/secrets/kubernetes.io/serviceaccount"
SHELL = "sh", "rm", "timeout"
IMAGES: dict[str, tuple[str, ...] | None] = {
    "python": None,
    "bash": (*SHELL, "bash"),
    "curl": (*SHELL, "curl"),
    "nc": (*SHELL, "nc"),
    "wget": (*SHELL, "wget"),
}
"""What is on PATH; None: everything of this machine."""


def ask(sandbox: Sandbox) -> Probed | Unprobed:
    def run(command: Sequence[str]) -> Answer:
        done = subprocess.run(sandboxed(sandbox, command), capture_output=True, timeout=60)
        return Answer(done.stdout, done.returncode)

    return asked(run)


@pytest.fixture(params=IMAGES)
def image(request: pytest.FixtureRequest) -> Sandbox:
    """A container as it should be, with one way to answer or another."""
    if why_not():
        pytest.skip(why_not())
    programs = IMAGES[request.param]
    for name in programs or ():
        if not shutil.which(name):
            pytest.skip(f"there is no {name}")
    return Sandbox(programs=programs)


CLEAN = (("169.254.169.254", Reach.CLOSED), ("fd00:ec2::254", Reach.CLOSED))


def test_a_container_as_it_should_be(image: Sandbox) -> None:
    probed = ask(image)
    assert probed == Probed(Root.READ_ONLY, (), (), CLEAN)
    assert [*found(probed), *doubts(probed)] == []


def test_a_writable_root_file_system(image: Sandbox) -> None:
    probed = ask(replace(image, read_only=False))
    assert isinstance(probed, Probed)
    assert probed.root is Root.WRITABLE
    assert "/opt" in probed.writes
    assert "/tmp" not in probed.writes, "an emptyDir is mounted there"
    [(question, text)] = found(probed)
    assert question is Question.ROOT
    assert text.startswith("can write to its root file system: it did in '/opt'")


def test_tokens(image: Sandbox) -> None:
    probed = ask(replace(image, tokens=(STANDARD, "/vault")))
    assert isinstance(probed, Probed)
    assert probed.tokens == (f"{STANDARD}/token", "/vault/token")
    [(question, text)] = found(probed)
    assert question is Question.TOKEN
    assert f"'{STANDARD}/token', '/vault/token'" in text


def test_metadata_that_answers(image: Sandbox) -> None:
    probed = ask(replace(image, metadata="open"))
    assert isinstance(probed, Probed)
    assert probed.reach[0] == ("169.254.169.254", Reach.OPEN)
    [(question, text)] = found(probed)
    assert question is Question.METADATA
    assert text == "reaches the metadata service at 169.254.169.254"


def test_metadata_whose_packets_are_dropped(image: Sandbox) -> None:
    started = time.monotonic()
    assert ask(replace(image, metadata="silent")) == Probed(Root.READ_ONLY, (), (), CLEAN)
    assert time.monotonic() - started > 1.9, "it was waited for"


def test_metadata_that_refuses_is_a_doubt(image: Sandbox) -> None:
    probed = ask(replace(image, metadata="refused"))
    assert isinstance(probed, Probed)
    assert [*found(probed)] == []
    # Newer versions of curl do not tell who refused from who is not there.
    told = ["was refused by 169.254.169.254: nobody listens there, or a network policy rejects it"]
    assert [*doubts(probed)] == (told if probed.reach[0][1] is Reach.REFUSED else [])
    assert "curl" in (image.programs or ()) or probed.reach[0][1] is Reach.REFUSED


@pytest.mark.skipif(bool(why_not()), reason=why_not() or "there are sandboxes")
def test_a_shell_with_nothing_else_says_what_it_cannot_tell() -> None:
    probed = ask(Sandbox(programs=("sh",)))
    assert isinstance(probed, Probed)
    assert probed.root is Root.READ_ONLY
    assert [*doubts(probed)] == [
        "has no program to connect to 169.254.169.254 and fd00:ec2::254 with"
    ]


@pytest.mark.skipif(bool(why_not()), reason=why_not() or "there are sandboxes")
def test_neither_python_nor_a_shell() -> None:
    assert ask(Sandbox(programs=())) == Unprobed("it has neither python3 nor sh")


def test_both_programs_know_every_token() -> None:
    for offset in range(3):
        subject = base64.b64encode(b"x" * offset + b"system:serviceaccount").decode()
        known = [mark for mark in _marks() if mark in subject]
        assert len(known) == 1, subject
    assert any(mark in TOKEN for mark in _marks())


def _marks() -> Iterable[str]:
    marks = "c3lzdGVtOnNlcnZpY2VhY2NvdW50", "N5c3RlbTpzZXJ2aWNlYWNjb3Vud"
    marks = (*marks, "zeXN0ZW06c2VydmljZWFjY291bn")
    for command in programs():
        assert all(mark in command[-1] for mark in marks)
    return marks


@pytest.mark.parametrize("command", programs(), ids=lambda command: command[0])
def test_a_program_fits_into_the_url_of_a_request(command: tuple[str, ...]) -> None:
    assert len(urlencode([("command", part) for part in command])) < 7000, "proxies allow 8 KiB"


GOOD = b"kubeguard-probe 1\nroot ro\nreach 169.254.169.254 closed\nend\n"
LIES = {
    "nothing": b"",
    "no end": GOOD.removesuffix(b"end\n"),
    "no line end": GOOD.removesuffix(b"\n"),
    "something before": b"Welcome!\n" + GOOD,
    "something after": GOOD + b"\n",
    "twice": GOOD + GOOD,
    "two roots": GOOD.replace(b"root ro\n", b"root ro\nroot rw\n"),
    "no root": GOOD.replace(b"root ro\n", b""),
    "no connection": GOOD.replace(b"reach 169.254.169.254 closed\n", b""),
    "another word": GOOD.replace(b"closed", b"fine"),
    "another line": GOOD.replace(b"root ro\n", b"root ro\nuser 0\n"),
    "an escape sequence": GOOD.replace(b"root ro\n", b"root ro\ntoken /\x1b[2J\n"),
    "a relative path": GOOD.replace(b"root ro\n", b"root ro\ntoken token\n"),
    "a long path": GOOD.replace(b"root ro\n", b"root ro\ntoken /" + 1001 * b"x" + b"\n"),
    "JSON": b'{"root": "ro", "reach": {}}\n',
    "zeros": b"\0" * 1000,
    "too much": GOOD.replace(b"root ro\n", b"root ro\n" + MOST_BYTES // 9 * b"token /x\n"),
}


@pytest.mark.parametrize("lie", LIES)
def test_what_is_no_whole_answer_is_none(lie: str) -> None:
    assert read(GOOD) == Probed(Root.READ_ONLY, (), (), (("169.254.169.254", Reach.CLOSED),))
    assert read(LIES[lie]) is None
    unread = Unprobed("its python3 and its sh gave no answer that can be read")
    assert asked(lambda _: Answer(LIES[lie], 0)) == unread


@given(st.binary() | st.text().map(lambda text: GOOD.replace(b"ro", text.encode(errors="replace"))))
def test_any_answer_can_be_told(output: bytes) -> None:
    probed = read(output)
    if probed:
        told = [*(text for _, text in found(probed)), *doubts(probed)]
        assert all(text.isprintable() for text in told)


def test_what_is_told_stays_short_and_printable() -> None:
    tokens = b"".join(b"token /%d\xe2\x80\xae\n" % number for number in range(9))
    probed = read(GOOD.replace(b"root ro\n", b"root ro\n" + tokens))
    assert probed
    [(_, text)] = found(probed)
    assert text.endswith(r"'/0\u202e', '/1\u202e', '/2\u202e' and 6 more")


def test_the_second_program_is_tried_when_the_first_says_nothing_of_use() -> None:
    tried: list[str] = []

    def run(command: Sequence[str]) -> Answer:
        tried.append(command[0])
        return Answer(GOOD, 0) if command[0] == "sh" else Answer(b"SyntaxError", 1)

    assert isinstance(asked(run), Probed)
    assert tried == ["python3", "sh"]


@pytest.mark.parametrize("answer", [Answer(b"", 126), Answer(b"", 127), Answer(b"", None, "no")])
def test_what_cannot_be_started_is_not_there(answer: Answer) -> None:
    assert asked(lambda _: answer) == Unprobed("it has neither python3 nor sh")
