"""Standard input, output and error: pipes, terminals, colours, and who closes them early."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest
from terminal import CLEAN, PRIVILEGED, Cli, Put, Ran, command, environment

ONLY = ("--select", "privileged")
ESCAPE = "\x1b["


def on_a_terminal(*arguments: str, **env: str) -> str:
    """What a terminal of 100 columns is sent, standard output and error together."""
    parent, child = pty.openpty()
    done = subprocess.run(
        command(*arguments),
        stdin=child,
        stdout=child,
        stderr=child,
        env=environment(**env),
        check=False,
    )
    os.close(child)
    shown = b""
    try:
        while chunk := os.read(parent, 65536):
            shown += chunk
    except OSError:  # Linux says so when the other end is closed
        pass
    os.close(parent)
    assert done.returncode in (0, 1)
    return shown.decode()


def test_a_pipe_sees_no_escape_codes_and_no_progress(program: Cli, put: Put) -> None:
    put("pod.yaml", PRIVILEGED)
    ran = program("scan", *ONLY, TERM="xterm-256color")
    assert ESCAPE not in ran.out
    assert ran.err == ""
    assert ESCAPE not in program("explain", "privileged", TERM="xterm").out


@pytest.mark.parametrize(
    ("arguments", "env", "coloured"),
    [
        ([], {"TERM": "xterm"}, True),
        ([], {"TERM": "dumb"}, False),
        ([], {"TERM": "xterm", "NO_COLOR": "1"}, False),
        ([], {"TERM": "xterm", "NO_COLOR": ""}, True),
        (["--color", "never"], {"TERM": "xterm", "FORCE_COLOR": "1"}, False),
        (["--color", "always"], {"TERM": "dumb", "NO_COLOR": "1"}, True),
    ],
)
def test_colour_on_a_terminal(
    put: Put, arguments: list[str], env: dict[str, str], coloured: bool
) -> None:
    put("pod.yaml", PRIVILEGED)
    assert (ESCAPE in on_a_terminal("scan", *ONLY, *arguments, **env)) == coloured


@pytest.mark.parametrize(
    ("arguments", "env"),
    [(["--color", "always"], {"NO_COLOR": "1"}), ([], {"FORCE_COLOR": "1"})],
)
def test_colour_in_a_pipe_when_asked_for(
    program: Cli, put: Put, arguments: list[str], env: dict[str, str]
) -> None:
    put("pod.yaml", PRIVILEGED)
    assert ESCAPE in program("scan", *ONLY, *arguments, **env).out


def test_a_file_has_no_escape_codes(program: Cli, put: Put) -> None:
    put("pod.yaml", PRIVILEGED)
    program("scan", *ONLY, "--color", "always", "-f", "text=out.txt")
    assert ESCAPE not in Path("out.txt").read_text()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [(("scan", *ONLY), 1), (("checks",), 0), (("explain", "privileged"), 0)],
    ids=lambda value: str(value),
)
def test_a_reader_who_leaves_changes_nothing(
    put: Put, arguments: tuple[str, ...], code: int
) -> None:
    put("pod.yaml", PRIVILEGED)
    reader, writer = os.pipe()
    os.close(reader)
    done = subprocess.run(
        command(*arguments), stdout=writer, stderr=subprocess.PIPE, env=environment(), check=False
    )
    os.close(writer)
    assert done.returncode == code
    assert b"Error" not in done.stderr


def test_files_are_written_although_the_reader_leaves(put: Put) -> None:
    put("pod.yaml", PRIVILEGED)
    reader, writer = os.pipe()
    os.close(reader)
    arguments = command("scan", *ONLY, "-f", "text", "-f", "json=out.json")
    done = subprocess.run(arguments, stdout=writer, env=environment(), check=False)
    os.close(writer)
    assert done.returncode == 1
    assert Path("out.json").exists()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize(
    "arguments", [["scan"], ["checks"], ["--version"], ["scan", "--help"]], ids=" ".join
)
def test_a_full_disk_is_one_sentence(put: Put, arguments: list[str]) -> None:
    put("Dockerfile", CLEAN)
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            command(*arguments), stdout=full, stderr=subprocess.PIPE, env=environment(), check=False
        )
    assert done.returncode == 3
    assert done.stderr == b"kubeguard: standard output: no space left on device\n"


@pytest.mark.parametrize("stream", ["stdout", "stdin"])
def test_a_closed_stream_is_no_pass(put: Put, stream: str) -> None:
    put("Dockerfile", CLEAN)
    code = (
        f"import os, sys; os.close({int(stream == 'stdout')}); os.execv(sys.argv[1], sys.argv[1:])"
    )
    target = "-" if stream == "stdin" else "."
    done = subprocess.run(
        [sys.executable, "-c", code, *command("scan", target)],
        capture_output=True,
        env=environment(),
        check=False,
    )
    assert done.returncode == 3
    assert b"closed" in done.stdout + done.stderr
    assert b"Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("stdin", "code", "says"),
    [
        (PRIVILEGED.encode(), 1, "container 'web' is privileged"),
        (b"\xef\xbb\xbf" + PRIVILEGED.encode(), 1, "container 'web' is privileged"),
        (PRIVILEGED.encode("utf-16"), 1, "container 'web' is privileged"),
        (CLEAN.encode(), 0, "No findings"),
        (b"\xef\xbb\xbf" + CLEAN.encode(), 0, "No findings"),
        (b"", 3, "Nothing was judged."),
        (b"hello\n", 3, "Nothing was judged."),
    ],
    ids=["pod", "BOM", "UTF-16", "Dockerfile", "Dockerfile with BOM", "empty", "prose"],
)
def test_standard_input(program: Cli, stdin: bytes, code: int, says: str) -> None:
    ran = program("scan", *ONLY, "-", stdin=stdin)
    assert (ran.code, ran.err) == (code, "")
    assert says in ran.out


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="needs /dev/stdout")
def test_standard_output_by_its_name(program: Cli, put: Put) -> None:
    put("pod.yaml", PRIVILEGED)
    for name in ("/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "-"):
        assert program("scan", *ONLY, "-f", f"json={name}").out.startswith('{"version":')


def test_a_terminal_that_knows_no_boxes_still_gets_its_report(program: Cli, put: Put) -> None:
    put("pod.yaml", PRIVILEGED)
    ran = program("scan", *ONLY, PYTHONIOENCODING="latin-1")
    assert ran.code == 1
    assert "9 ? " in ran.out


def test_programs_get_utf_8_whatever_the_locale(program: Cli, put: Put) -> None:
    put("größe.yaml", PRIVILEGED)
    ran: Ran = program("scan", *ONLY, "-f", "json", PYTHONIOENCODING="latin-1")
    assert "größe.yaml" in ran.out
