"""The line on standard error: late, short, and gone at the end."""

from __future__ import annotations

import os
import pty
import subprocess
import threading
import time

import pytest
from terminal import CLEAN, Put, command, environment

from kubeguard.cli.progress import PATIENCE, Progress

CLEAR = "\r\x1b[K"


class Watch:
    """A clock that tests turn, and a terminal that remembers."""

    def __init__(self) -> None:
        self.now = 100.0
        self.shown: list[str] = []
        self.progress = Progress(self.shown.append, lambda: self.now)

    def after(self, seconds: float) -> None:
        self.now += seconds
        self.progress.tick()


def test_what_is_quick_shows_nothing() -> None:
    watch = Watch()
    watch.progress.found(12)
    watch.after(PATIENCE / 2)
    watch.progress.end()
    assert watch.shown == []


def test_what_takes_longer_says_what_and_how_long_and_is_erased() -> None:
    watch = Watch()
    watch.after(1)
    watch.progress.found(12345)
    watch.after(2)
    watch.progress.end()
    assert watch.shown == [
        f"{CLEAR}looking for inputs: 1 s",
        f"{CLEAR}scanning 12,345 inputs: 3 s",
        CLEAR,
    ]


def test_one_input() -> None:
    watch = Watch()
    watch.progress.found(1)
    watch.after(1)
    assert watch.shown == [f"{CLEAR}scanning 1 input: 1 s"]


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a named pipe")
def test_a_terminal_sees_it_while_it_waits(put: Put) -> None:
    os.mkfifo("pipe")
    writer = os.open("pipe", os.O_RDWR)

    def late() -> None:
        time.sleep(PATIENCE + 1)
        os.write(writer, CLEAN.encode())
        os.close(writer)

    slow = threading.Thread(target=late)
    slow.start()
    parent, child = pty.openpty()
    done = subprocess.run(
        command("scan", "pipe"),
        stdout=subprocess.PIPE,
        stderr=child,
        env=environment(),
        check=False,
    )
    slow.join()
    shown = os.read(parent, 65536).decode()
    os.close(parent)
    os.close(child)
    assert done.returncode == 0
    assert done.stdout.startswith(b"No findings")
    assert shown.startswith(f"{CLEAR}scanning 1 input: 1 s")
    assert shown.endswith(CLEAR)
