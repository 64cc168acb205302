"""What is asked in a running container, and what its answer means.

A small program runs there as the container's own user (`inside/`). Whoever starts it, by the API
server or by `docker exec`, hands `asked` a function that runs a command and tells what came of it.
A container that somebody has taken over may answer anything: its answer is read strictly, and
means no more than the word of a container can.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from enum import Enum, StrEnum
from importlib.resources import files
from typing import NamedTuple

from kubeguard.formats._printable import printable

MOST_BYTES = 64 * 1024
"""Of an answer; whoever runs the command may stop reading there."""
SECONDS = 15.0
"""For an answer; the programs give themselves less."""


class Answer(NamedTuple):
    """What a command in a container wrote, and its exit code: None when it did not come to an end.

    `error` says why it could not be started, in the words of whoever should have.
    """

    output: bytes
    code: int | None = None
    error: str = ""

    @property
    def started(self) -> bool:
        return not self.error and self.code not in _NOT_STARTED


_NOT_STARTED = 126, 127
"""What a runtime says of a program that is not there (POSIX, exit status of `env`)."""

Run = Callable[[Sequence[str]], Answer]


class Root(StrEnum):
    """How the root file system is mounted."""

    READ_ONLY = "ro"
    WRITABLE = "rw"
    UNKNOWN = "unknown"


class Reach(StrEnum):
    """What became of a connection.

    One that is refused says little: nobody listens there, or a network policy rejects it.
    """

    OPEN = "open"
    REFUSED = "refused"
    CLOSED = "closed"
    UNKNOWN = "unknown"


class Probed(NamedTuple):
    """What a container answered: folders of its root file system that it can write, files with
    tokens of service accounts that it can read, connections by address."""

    root: Root
    writes: tuple[str, ...]
    tokens: tuple[str, ...]
    reach: tuple[tuple[str, Reach], ...]


class Question(Enum):
    """What is asked; the value is the check that asks the same of a manifest."""

    ROOT = "writable_root_filesystem"
    TOKEN = "automounted_token"  # noqa: S105 - the name of a check
    METADATA = "open_egress"


class Unprobed(NamedTuple):
    """Why a container is not probed: the end of a sentence."""

    reason: str


def asked(run: Run) -> Probed | Unprobed:
    """Ask in a container, with the first program that it can run."""
    started = []
    for command in programs():
        answer = run(command)
        if found := read(answer.output):
            return found
        if answer.started:
            started.append(command[0])
    if not started:
        return Unprobed("it has neither python3 nor sh")
    return Unprobed(f"its {' and its '.join(started)} gave no answer that can be read")


def programs() -> tuple[tuple[str, ...], ...]:
    """The same questions as commands, the best first."""
    inside = files("kubeguard.deploy.inside")
    python, shell = (inside.joinpath(name).read_text() for name in ("probe.py", "probe.sh"))
    return ("python3", "-IBSc", python), ("sh", "-c", shell)


_PATH = r"(/[^\x00-\x1f\x7f]{0,1000})"
_LINES = {
    "root": re.compile("root (ro|rw|unknown)"),
    "writes": re.compile(f"writes {_PATH}"),
    "token": re.compile(f"token {_PATH}"),
    "reach": re.compile(r"reach ([0-9a-f:.]{7,39}) (open|refused|closed|unknown)"),
}
_BEGIN, _END = "kubeguard-probe 1", "end"


def read(output: bytes) -> Probed | None:
    """What an answer says, None for anything but a whole one."""
    if len(output) > MOST_BYTES:
        return None
    lines = output.decode(errors="replace").replace("\r\n", "\n").split("\n")
    if len(lines) < 3 or lines[0] != _BEGIN or lines[-2:] != [_END, ""]:
        return None
    said: dict[str, list[tuple[str, ...]]] = {key: [] for key in _LINES}
    for line in lines[1:-2]:
        key = line.partition(" ")[0]
        match = _LINES[key].fullmatch(line) if key in _LINES else None
        if not match:
            return None
        said[key].append(match.groups())
    if len(said["root"]) != 1 or not said["reach"]:
        return None
    writes, tokens = (
        tuple(dict.fromkeys(path for (path,) in said[key])) for key in ("writes", "token")
    )
    reach = tuple((address, Reach(how)) for address, how in sorted(said["reach"]))
    return Probed(Root(said["root"][0][0]), writes, tokens, reach)


def found(probed: Probed) -> Iterator[tuple[Question, str]]:
    """What should not be so, each the end of a sentence that begins with the container."""
    if probed.writes:
        yield Question.ROOT, f"can write to its root file system: it did in {_few(probed.writes)}"
    elif probed.root is Root.WRITABLE:
        yield Question.ROOT, "has a root file system that is mounted for writing"
    if probed.tokens:
        yield Question.TOKEN, f"can read the token of a service account: {_few(probed.tokens)}"
    reached = [address for address, reach in probed.reach if reach is Reach.OPEN]
    if reached:
        yield Question.METADATA, f"reaches the metadata service at {' and '.join(reached)}"


def doubts(probed: Probed) -> Iterator[str]:
    """What the answer leaves open, each the end of a sentence that begins with the container."""
    if probed.root is Root.UNKNOWN and not probed.writes:
        yield "could not tell how its root file system is mounted"
    unknown = [address for address, reach in probed.reach if reach is Reach.UNKNOWN]
    if unknown:
        yield f"has no program to connect to {' and '.join(unknown)} with"
    refused = [address for address, reach in probed.reach if reach is Reach.REFUSED]
    if refused:
        who = "nobody listens there, or a network policy rejects it"
        yield f"was refused by {' and '.join(refused)}: {who}"


_SHOWN, _WIDTH = 3, 100


def _few(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return ", ".join(printable(repr(path[:_WIDTH])) for path in paths[:_SHOWN]) + more
