"""What was decided, a JSON line for each review: who asked for what, and the checks that spoke.

Objects are named and never shown: what is in them may be secret.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import orjson

from kubeguard.policy.admission import Mode
from kubeguard.webhook.hook import Answered
from kubeguard.webhook.review import Request

_LINE = orjson.OPT_APPEND_NEWLINE | orjson.OPT_UTC_Z


class Journal:
    """Writes lines; `write` takes each whole."""

    def __init__(self, write: Callable[[bytes], object]) -> None:
        self._write = write

    def answered(self, request: Request, answered: Answered, seconds: float) -> None:
        """A review and what became of it."""
        judgement = answered.judgement
        said: dict[str, Any] = {
            "uid": request.uid,
            "user": request.user_info.username,
            "operation": request.operation.value,
            "object": request.what,
            "verdict": "allow" if answered.response.allowed else "deny",
            "milliseconds": round(seconds * 1000, 2),
        }
        for mode in Mode if judgement.decisions else ():
            found = {d.finding.check.id for d in judgement.decisions if d.mode is mode}
            if found:
                said[mode.value] = sorted(found)
        for key in ("exempt", "refusal", "faults"):
            if value := getattr(judgement, key):
                said[key] = value
        if request.dry_run:
            said["dryRun"] = True
        self.event("review", **said)

    def event(self, event: str, **said: Any) -> None:
        """A line about anything else."""
        line = {"time": datetime.now(UTC), "event": event, **said}
        with suppress(OSError):  # a full disk is no reason to answer otherwise
            self._write(orjson.dumps(line, default=str, option=_LINE))


def to_standard_output(line: bytes) -> None:
    """Write past Python's buffer: a line is not torn by another process's."""
    os.write(sys.stdout.fileno(), line)
