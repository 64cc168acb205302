"""What was put on this machine: each revision in a private file, so that it can be brought back.

`$XDG_STATE_HOME/kubeguard/compose/ENGINE/RELEASE/vN.json` holds the project as Compose resolved it,
with the values of its variables: only its owner reads it.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from kubeguard import files
from kubeguard.deploy.release import Status
from kubeguard.errors import KubeguardError

Accepted = frozenset[tuple[str, str]]
"""Check and service of each finding that somebody has suppressed with a reason."""
_KEPT = 10
"""Revisions; older ones are forgotten, when something newer is in force."""
_PRIVATE = 0o600


@dataclass(frozen=True, slots=True)
class Revision:
    """A project that is, or was to be, on the machine; `folder` is where its Compose file lies."""

    number: int
    status: Status
    folder: str
    model: Mapping[str, Any]
    accepted: Accepted = frozenset()


class Revisions:
    """Those of one release, the newest last."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @classmethod
    def of(cls, release: str, engine: str) -> Revisions:
        """Where they are kept, for each engine apart."""
        home = os.environ.get("XDG_STATE_HOME") or Path.home() / ".local" / "state"
        return cls(Path(home, "kubeguard", "compose", engine, release))

    def all(self) -> tuple[Revision, ...]:
        """All that are kept. Raises KubeguardError for one that cannot be read."""
        found = self._folder.glob("v*.json") if self._folder.is_dir() else ()
        return tuple(sorted(map(_read, found), key=lambda revision: revision.number))

    @contextmanager
    def held(self) -> Iterator[None]:
        """Nobody else changes the release meanwhile. Raises KubeguardError when somebody does."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            lock = os.open(self._folder, os.O_RDONLY)
        except OSError as error:
            raise _unwritable(self._folder, error) from None
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
        except BlockingIOError:
            name = self._folder.name
            raise KubeguardError(f"somebody else is changing {name} now", "try again") from None
        finally:
            os.close(lock)

    def begin(self, folder: str, model: Mapping[str, Any], accepted: Accepted) -> Revision:
        """A new revision, written down before anything of it is applied. Raises KubeguardError."""
        before = self.all()
        number = before[-1].number + 1 if before else 1
        revision = Revision(number, Status.PENDING, folder, model, accepted)
        self._write(revision)
        return revision

    def end(self, revision: Revision, status: Status) -> None:
        """Write down how it went, and forget what is old."""
        self._write(replace(revision, status=status))
        if status is Status.DEPLOYED:
            for old in self.all()[:-_KEPT]:
                self._file(old.number).unlink(missing_ok=True)

    def forget(self) -> None:
        """Delete all revisions."""
        shutil.rmtree(self._folder, ignore_errors=True)

    def _write(self, revision: Revision) -> None:
        content = {
            "revision": revision.number,
            "status": revision.status.value,
            "folder": revision.folder,
            "accepted": sorted(revision.accepted),
            "model": revision.model,
        }
        file = self._file(revision.number)
        try:
            files.replace(file, [json.dumps(content, indent=1)], mode=_PRIVATE)
        except OSError as error:
            raise _unwritable(file, error) from None

    def _file(self, number: int) -> Path:
        return self._folder / f"v{number}.json"


def _read(file: Path) -> Revision:
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
        return Revision(
            content["revision"],
            Status(content["status"]),
            content["folder"],
            content["model"],
            frozenset((check, service) for check, service in content["accepted"]),
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        hint = "remove it; the other revisions are whole"
        raise KubeguardError(f"{file}: this revision cannot be read", hint) from error


def _unwritable(where: Path, error: OSError) -> KubeguardError:
    said = (error.strerror or str(error)).lower()
    return KubeguardError(f"{where}: {said}", "XDG_STATE_HOME says where revisions are kept")
