"""The docker program and its Compose plugin, which do the work."""

from __future__ import annotations

import json
import subprocess
from collections import deque
from collections.abc import Callable, Sequence
from threading import Thread
from typing import Any, NamedTuple

from kubeguard.errors import KubeguardError
from kubeguard.formats._printable import printable
from kubeguard.model.credentials import mask

SECONDS = 60.0
"""For one question to the engine."""
_LONGEST_LINE = 64 * 1024
_REST = 5.0
"""Seconds for what an ended program has left behind; one that it started may hold on to more."""
_SENTENCE = 500
"""Characters that are shown of what docker says."""


class Ended(NamedTuple):
    """What became of a command: its exit code, what it printed, and the last that it complained."""

    code: int
    output: bytes
    complaint: str


class Docker:
    """The engine that `DOCKER_HOST` or the current context names."""

    def __init__(self, program: str = "docker") -> None:
        self._program = program

    def ask(self, *arguments: str, text: str = "") -> str:
        """What docker prints. Raises KubeguardError with what it says when it fails."""
        ended = self.run(arguments, text.encode())
        if ended.code:
            raise KubeguardError(said(ended.complaint) or f"docker ended with {ended.code}")
        return ended.output.decode(errors="replace")

    def json(self, *arguments: str, text: str = "") -> Any:
        """The same as JSON."""
        return json.loads(self.ask(*arguments, text=text) or "null")

    def run(
        self,
        arguments: Sequence[str],
        text: bytes = b"",
        seconds: float = SECONDS,
        hear: Callable[[str], object] = lambda _: None,
        most: int = -1,
    ) -> Ended:
        """Run it to its end; `hear` gets each line of standard error while it runs.

        Of what it prints `most` bytes are read, all unless that is said: who prints more has to
        wait until its time is over. Raises KubeguardError when there is no such program, or it
        takes too long.
        """
        try:
            process = subprocess.Popen(  # noqa: S603 - our own words, and paths
                [self._program, *arguments],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
            )
        except OSError as error:
            hint = "install Docker Engine with its Compose plugin"
            raise KubeguardError(
                f"{self._program} cannot be started: {error.strerror}", hint
            ) from None
        with process:
            return _followed(process, text, seconds, hear, most)


def _followed(
    process: subprocess.Popen[bytes],
    text: bytes,
    seconds: float,
    hear: Callable[[str], object],
    most: int,
) -> Ended:
    complaints = deque([""], maxlen=1)
    output: list[bytes] = []

    def listen() -> None:
        assert process.stderr
        while line := process.stderr.readline(_LONGEST_LINE):
            if said := line.decode(errors="replace").strip():
                complaints.append(said)
                hear(said)

    def read() -> None:
        assert process.stdout
        output.append(process.stdout.read(most))

    readers = [Thread(target=each, daemon=True) for each in (listen, read)]
    for each in readers:
        each.start()
    try:
        assert process.stdin
        process.stdin.write(text)
        process.stdin.close()
        process.wait(seconds)
    except BrokenPipeError:
        process.wait()
    except subprocess.TimeoutExpired:
        process.kill()
        raise KubeguardError(f"docker is not done after {seconds:.0f} s") from None
    except BaseException:
        process.terminate()
        raise
    finally:
        for each in readers:
            each.join(_REST)
    return Ended(process.returncode, b"".join(output), complaints[0])


def said(complaint: str) -> str:
    """What docker says, as the middle of a sentence, without what is secret in it."""
    return printable(mask(complaint.removeprefix("Error response from daemon: ")))[:_SENTENCE]


def engine(docker: Docker) -> str:
    """Which engine it is. Raises KubeguardError when there is none, or docker has no Compose."""
    if docker.run(("compose", "version")).code:
        hint = "install docker-compose-plugin (or docker-compose-v2)"
        raise KubeguardError("docker has no Compose plugin", hint)
    try:
        docker.ask("version", "--format={{.Server.Version}}")
    except KubeguardError as error:
        hint = "start it, or name another one: DOCKER_HOST, docker context"
        raise KubeguardError(error.message, hint) from None
    return docker.ask("info", "--format={{.ID}}").strip()
