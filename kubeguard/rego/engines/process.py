"""The Rego worker as a child process: a line in, a line out, within a time, or it is killed."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import threading
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import IO

WORKER = Path(__file__).parents[1] / "bin" / f"kubeguard-rego{'.exe' if os.name == 'nt' else ''}"
OUT_OF_MEMORY = 78
"""The exit code of a worker that has passed its limit (engine/memory.go)."""
_LAST_WORDS = 4096
_WORDS = 1024 * 1024
_NETWORK = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")


class DiedError(Exception):
    """The worker is gone; the message says why. `late` when it was, as it would be again."""

    def __init__(self, why: str, *, late: bool = False) -> None:
        super().__init__(why)
        self.late = late


class WorkerProcess:
    """Started when it is made. It ends with this process, however that ends: its input closes."""

    def __init__(self, program: Path, memory: int, outward: bool = False) -> None:
        """`memory` in bytes; `outward` when policies may reach out, through proxies if need be.
        Raises OSError."""
        self._words = _scratch()
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own program, no argument
                [program],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=self._words,
                env=environment(memory, outward),
                close_fds=True,
            )
        except OSError:
            self._words.close()
            raise
        self._end = weakref.finalize(self, _kill, self._process, self._words)
        confine(self._process.pid, memory, _WORDS)

    def ask(self, line: bytes, seconds: float, most: int) -> bytes:
        """The answer to a request, both with their line feed. Raises DiedError: when there is
        none within the time, when it is longer than `most` bytes, when the worker dies."""
        late = threading.Event()
        with _watch(self._process, seconds, late):
            answer = self._exchange(line, most)
        if answer.endswith(b"\n") and not late.is_set():
            return answer
        reason = self._reason(len(answer), most, seconds if late.is_set() else 0)
        self.close()
        raise DiedError(reason, late=late.is_set())

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def alive(self) -> bool:
        return self._process.poll() is None

    def _exchange(self, line: bytes, most: int) -> bytes:
        assert self._process.stdin
        assert self._process.stdout
        try:
            self._process.stdin.write(line)
            self._process.stdin.flush()
            return self._process.stdout.readline(most)
        except (OSError, ValueError):
            return b""

    def _reason(self, size: int, most: int, seconds: float) -> str:
        if seconds:
            return f"no answer within {seconds:.3g} s"
        if size >= most:
            return f"its answer is longer than {most:,} bytes"
        with contextlib.suppress(subprocess.TimeoutExpired):
            if self._process.wait(1) == OUT_OF_MEMORY:
                return "it needs more memory than it may have"
        code = self._process.returncode or 0
        how = f"was killed by signal {-code}" if code < 0 else f"ended with code {code}"
        return self._last_words() or f"the engine {how}"

    def _last_words(self) -> str:
        """The line with which a Go program dies, out of what it left."""
        size = self._words.seek(0, os.SEEK_END)
        self._words.seek(0)
        said = self._words.read(min(size, _LAST_WORDS)).decode(errors="replace")
        first = next((line for line in said.splitlines() if line.strip()), "")
        if "out of memory" in first or "cannot allocate" in first:
            return "it needs more memory than it may have"
        return f"the engine died: {first}" if first else ""

    def close(self) -> None:
        self._end()


def environment(memory: int, outward: bool) -> dict[str, str]:
    """Nothing of ours: no secret that a policy or a crash could tell."""
    names = ("SYSTEMROOT", *(_NETWORK if outward else ()))
    kept = {name: os.environ[name] for name in names if name in os.environ}
    return {"KUBEGUARD_REGO_MEMORY": str(memory), **kept}


def confine(pid: int, memory: int, written: int) -> None:
    """What is written to memory counts, and not what Go reserves; beyond it Go gives up at once,
    where its own guard would look only every few milliseconds. `written` is the size of what it may
    write to a file, which is nothing but what it says to us."""
    if sys.platform == "linux":
        import resource

        with contextlib.suppress(OSError):
            resource.prlimit(pid, resource.RLIMIT_DATA, (memory * 5 // 4, memory * 5 // 4))
            resource.prlimit(pid, resource.RLIMIT_FSIZE, (written, written))


@contextlib.contextmanager
def _watch(
    process: subprocess.Popen[bytes], seconds: float, late: threading.Event
) -> Iterator[None]:
    """Kill a process after a time: whoever waits for its pipes then waits no longer."""

    def strike() -> None:
        late.set()
        process.kill()

    timer = threading.Timer(seconds, strike)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _scratch() -> IO[bytes]:
    """A file without a name."""
    if sys.platform == "linux":
        return os.fdopen(os.memfd_create("kubeguard-rego"), "w+b")
    import tempfile

    return tempfile.TemporaryFile()


def _kill(process: subprocess.Popen[bytes], words: IO[bytes]) -> None:
    process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout, words):
        if pipe:
            with contextlib.suppress(OSError):
                pipe.close()
