"""The program: found, looked at before it runs, and run so that nothing it is told is ours."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from threading import Event, Timer
from typing import Any, NamedTuple

import orjson

from kubeguard.errors import KubeguardError
from kubeguard.policy.sources import TrivyChoice
from kubeguard.sources.images.contents import HEAD
from kubeguard.sources.images.packages.golang import is_program, modules
from kubeguard.sources.images.streams import Cursor

_MALICIOUS = ("0.69.4",)
"""Releases that an attacker has published, and that harm whoever runs them."""
_MODULE = "github.com/aquasecurity/trivy"
_NEEDED = ("PATH", "HOME", "XDG_CACHE_HOME", "TMPDIR", "SYSTEMROOT", "LOCALAPPDATA")
_TO_FETCH = ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "SSL_CERT_FILE", "SSL_CERT_DIR")
"""What reaching the outside may need; withheld while it may fetch nothing."""
_QUIET = {"TRIVY_SKIP_VERSION_CHECK": "true", "TRIVY_DISABLE_TELEMETRY": "true"}
_OFFLINE = ("--offline-scan", "--skip-db-update", "--skip-java-db-update")
_VERSION_SECONDS = 60.0
_MOST = 256 * 1024 * 1024
"""Bytes of an answer."""
_FATAL = re.compile(r"\bFATAL\b\s*(?:Fatal error\s*)?(.*)")
_WITHOUT_DATABASE = ("first run cannot skip", "cannot be specified on the first run")
_GET_DATABASE = "trivy image --download-db-only"


class NotEvaluatedError(KubeguardError):
    """Why nobody knows which vulnerabilities an image has."""


class Ran(NamedTuple):
    """What the program left."""

    code: int
    out: bytes
    complaints: str


class Trivy:
    """One choice of the program, asked about its version once. Raises NotEvaluatedError."""

    def __init__(self, choice: TrivyChoice) -> None:
        self.choice = choice
        self.ready = False

    def report(self, arguments: Sequence[str]) -> Any:
        """The JSON document with which the program answers."""
        if not self.ready:
            self._prepare()
        offline = _OFFLINE if self.choice.offline else ()
        limit = ("--timeout", f"{self.choice.seconds:.3f}s")
        ran = self._run((*arguments, *offline, *limit, "--format", "json"), self.choice.seconds)
        if ran.code:
            raise NotEvaluatedError(_complaint(ran))
        if not self.choice.offline:
            self._check_database(self._about())  # only now it is there
        return _json(ran.out)

    def _prepare(self) -> None:
        """Refuse a release or a database that would not tell the truth."""
        _refuse(_linked_version(self._path()))  # before it runs for the first time
        about = self._about()
        _refuse(str(about["Version"]))
        if self.choice.offline:
            self._check_database(about)
        self.ready = True

    def _about(self) -> dict[str, Any]:
        """What the program says of itself and of its database."""
        ran = self._run(("version", "--format", "json"), _VERSION_SECONDS)
        if ran.code:
            raise NotEvaluatedError(_complaint(ran))
        about = _json(ran.out)
        if not isinstance(about, dict) or not isinstance(about.get("Version"), str):
            raise NotEvaluatedError("Trivy does not tell its version")
        return about

    def _check_database(self, about: dict[str, Any]) -> None:
        database = about.get("VulnerabilityDB")
        if not isinstance(database, dict):
            raise NotEvaluatedError("Trivy has no database", _GET_DATABASE)
        try:
            made = datetime.fromisoformat(_seconds_only(str(database.get("UpdatedAt"))))
        except ValueError as error:
            raise NotEvaluatedError("Trivy does not tell how old its database is") from error
        age = datetime.now(UTC) - made
        if age > timedelta(days=self.choice.database_days):
            raise NotEvaluatedError(f"Trivy's database is {age.days} days old", _GET_DATABASE)

    def _run(self, arguments: Sequence[str], seconds: float) -> Ran:
        """Run it in an empty folder: a trivy.yaml or .trivyignore of the inputs is not obeyed."""
        path = self._path()
        cache = ("--cache-dir", self.choice.cache) if self.choice.cache else ()
        with tempfile.TemporaryDirectory(prefix="kubeguard-") as folder:
            command = (path, *arguments, *cache)
            return _run(command, seconds, folder, self._environment())

    def _path(self) -> str:
        found = shutil.which(self.choice.program)
        if found is None:
            raise NotEvaluatedError(f"there is no program {self.choice.program!r}")
        return os.path.abspath(found)

    def _environment(self) -> dict[str, str]:
        """No variable that holds a secret, and none by which Trivy would be told something."""
        names = _NEEDED if self.choice.offline else (*_NEEDED, *_TO_FETCH)
        wanted = {*names, *map(str.lower, names)}
        return _QUIET | {key: value for key, value in os.environ.items() if key in wanted}


def _refuse(version: str) -> None:
    if version.removeprefix("v") in _MALICIOUS:
        name = f"Trivy {version.removeprefix('v')}"
        raise NotEvaluatedError(f"{name} is a malicious release and is not used")


def _linked_version(path: str) -> str:
    """The version that Go's linker wrote into the program; '' where it did not."""
    try:
        with open(path, "rb") as file:
            head = file.read(HEAD)
            size = os.fstat(file.fileno()).st_size - len(head)
            found = modules(head, Cursor(file), size) if is_program(head) else None
    except OSError as error:
        raise NotEvaluatedError(f"{path}: {(error.strerror or '').lower()}") from error
    packages = found.packages if found else ()
    return next((package.version for package in packages if package.name == _MODULE), "")


def _run(command: Sequence[str], seconds: float, folder: str, environment: dict[str, str]) -> Ran:
    with tempfile.TemporaryFile() as complaints:
        try:
            process = subprocess.Popen(  # noqa: S603 - a list of arguments, no shell
                command,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=complaints,
                start_new_session=True,
            )
        except OSError as error:
            raise NotEvaluatedError(f"{command[0]}: {(error.strerror or '').lower()}") from error
        out, code = _output(process, seconds)
        complaints.seek(max(complaints.seek(0, os.SEEK_END) - 65_536, 0))
        return Ran(code, out, complaints.read().decode(errors="replace"))


def _output(process: subprocess.Popen[bytes], seconds: float) -> tuple[bytes, int]:
    """All that it writes, and its exit code; killed with its children at the deadline."""
    late = Event()

    def stop() -> None:
        late.set()
        _kill(process)

    timer = Timer(seconds, stop)
    timer.start()
    try:
        assert process.stdout is not None
        with process.stdout as stream:
            out = stream.read(_MOST + 1)
        code = None if len(out) > _MOST else process.wait()
    finally:
        timer.cancel()
        _kill(process)
        process.wait()
    if late.is_set():
        raise NotEvaluatedError(f"Trivy gave no answer within {seconds:.4g} s")
    if code is None:
        raise NotEvaluatedError(f"Trivy's answer is longer than {_MOST:,} bytes")
    return out, code


def _kill(process: subprocess.Popen[bytes]) -> None:
    """The program and whatever it has started."""
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if hasattr(os, "killpg"):
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.kill()


def _complaint(ran: Ran) -> str:
    """Why it failed, in its own words, shortened."""
    if any(words in ran.complaints for words in _WITHOUT_DATABASE):
        return "Trivy has no database"
    if ran.code < 0:
        return f"Trivy was killed by signal {-ran.code}"
    found = _FATAL.findall(ran.complaints) or ran.complaints.strip().splitlines()[-1:]
    said = " ".join(found[-1].split()) if found else "and said nothing"
    return f"Trivy failed with exit code {ran.code}: {said[:200]}"


def _json(data: bytes) -> Any:
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise NotEvaluatedError("Trivy's answer is not JSON") from error


def _seconds_only(moment: str) -> str:
    """Go writes nanoseconds, or an offset, or Z; a moment without an offset is none."""
    found = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.\d+)?(Z|[+-]\d\d:\d\d)", moment)
    if found is None:
        raise ValueError(moment)
    return found[1] + found[2].replace("Z", "+00:00")
