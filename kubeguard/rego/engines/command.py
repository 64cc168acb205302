"""A program that is run for one answer, and killed when that takes more than it may."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from typing import IO, Any, NamedTuple

from kubeguard.rego.engine import Budget, EngineError
from kubeguard.rego.engines import lines
from kubeguard.rego.engines.process import DiedError, confine, environment


class Ran(NamedTuple):
    """What a program left."""

    code: int
    out: bytes
    complaints: bytes

    def told(self) -> dict[str, Any]:
        """The JSON that it wrote, wherever. Raises DiedError when there is none."""
        for text in (self.out, self.complaints):
            try:
                told = json.loads(text)
            except (ValueError, RecursionError):
                continue
            if isinstance(told, dict):
                return told
        said = self.complaints.decode(errors="replace").strip().partition("\n")[0]
        if "out of memory" in said or "cannot allocate" in said:
            raise DiedError("it needs more memory than it may have")
        raise DiedError(f"the program ended with code {self.code}: {said[:500]}")


def run(
    command: Sequence[str], given: bytes, seconds: float, budget: Budget, outward: bool = False
) -> Ran:
    """Run a program on the given input. Raises DiedError when it takes too long, writes too much
    or is killed, EngineError when it cannot be run."""
    most = lines.longest(budget)
    with (
        tempfile.TemporaryFile() as read,
        tempfile.TemporaryFile() as out,
        tempfile.TemporaryFile() as complaints,
    ):
        read.write(given)
        read.seek(0)
        try:
            process = subprocess.Popen(  # noqa: S603 - the program that the user chose
                command,
                stdin=read,
                stdout=out,
                stderr=complaints,
                env=environment(budget.memory_bytes, outward),
            )
        except OSError as error:
            raise EngineError(f"{command[0]} cannot be run: {error}") from error
        try:
            confine(process.pid, budget.memory_bytes, most)
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise DiedError(f"no answer within {seconds:.3g} s", late=True) from None
        finally:
            process.kill()
            process.wait()
        if code < 0:
            raise DiedError(f"{command[0]} was killed by signal {-code}")
        return Ran(code, _content(out, most), _content(complaints, most))


def _content(file: IO[bytes], most: int) -> bytes:
    if file.seek(0, os.SEEK_END) >= most:
        raise DiedError(f"its answer is longer than {most:,} bytes")
    file.seek(0)
    return file.read()
