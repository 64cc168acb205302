"""From what the user typed to readings: files, folders and standard input, in a fixed order."""

from __future__ import annotations

import os
import select
import stat
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, NamedTuple

from kubeguard.errors import SourceError, UsageError
from kubeguard.model.finding import Outcome
from kubeguard.model.reading import Reading
from kubeguard.model.trouble import TroubleKind
from kubeguard.sources.budget import BUDGET, Budget
from kubeguard.sources.decode import is_binary
from kubeguard.sources.ignore import Ignore, repository
from kubeguard.sources.images import transports
from kubeguard.sources.images.transports import Target, Transport
from kubeguard.sources.text import failed, named, read

if TYPE_CHECKING:
    from kubeguard.sources.compose import Variables
    from kubeguard.sources.images.platforms import Platform
    from kubeguard.sources.images.signatures import PublicKey

_PIPE_SECONDS = 60.0
_CHUNK = 1 << 20
_HEAD = 8192


class Entry(NamedTuple):
    """Something on disk to read or to account for; `skip` says why it is not read."""

    name: str
    path: str
    in_chart: bool = False
    asked_for: bool = False
    """The user named it, so its content decides and not its name."""
    size: int = 0
    """Bytes, as far as the file system knows."""
    skip: str = ""
    fail: str = ""
    image: Target | None = None
    """Where images are, when that is what the entry is."""


def find(targets: Iterable[str], excludes: Iterable[tuple[Path, str]] = ()) -> Iterator[Entry]:
    """Every entry below the targets, each once. Raises UsageError for one that is not there."""
    ignore = Ignore.of(excludes)
    seen: set[tuple[int, int]] = set()
    for target in dict.fromkeys(targets):
        if target == "-":
            yield Entry("-", "-", asked_for=True)
            continue
        image = transports.target(target)
        if image and not image.transport.has_path:
            yield Entry(target, "", image=image)
            continue
        path = image.path if image else target
        try:
            status = os.stat(path)
        except OSError as error:
            reason = _reason(error)
            if isinstance(error, FileNotFoundError) and not os.path.islink(target):
                hint = "name files or folders, or - for standard input"
                raise UsageError(f"{target or repr(target)}: {reason}", hint) from None
            yield Entry(_shown(target), target, fail=reason)
            continue
        if image or _holds_images(path, status):
            where = image or Target(Transport.ANY, path)
            yield Entry(_shown(target), path, size=status.st_size, image=where)
        elif stat.S_ISDIR(status.st_mode):
            yield from _Walk(ignore, seen).folder(target)
        elif _first_time(status, seen):
            in_chart = _in_chart(target)
            yield Entry(_shown(target), target, in_chart, asked_for=True, size=status.st_size)


def _holds_images(path: str, status: os.stat_result) -> bool:
    """Whether a file that the user named begins as an archive, or a folder is an OCI layout."""
    if stat.S_ISDIR(status.st_mode):
        return transports.is_layout(path)
    if not stat.S_ISREG(status.st_mode):
        return False
    try:
        with open(path, "rb") as file:
            return transports.begins_as_archive(file.read(transports.HEAD))
    except OSError:
        return False  # told when it is loaded


def load(
    entry: Entry,
    budget: Budget = BUDGET,
    platform: Platform | None = None,
    packages: bool = False,
    key: PublicKey | None = None,
    variables: Variables = None,
) -> Reading:
    """Read one entry; every failure is a Reading. `platform` is which of an image's to take,
    `packages` whether to find out what it has installed, `key` what it must be signed with,
    `variables` are those that a Compose file may use."""
    if entry.image:
        from kubeguard.sources.images.budget import IMAGE_BUDGET, WITH_PACKAGES
        from kubeguard.sources.images.reading import read as read_images

        limits = WITH_PACKAGES if packages else IMAGE_BUDGET
        return read_images(entry.name, entry.image, platform, limits, key)
    if entry.skip:
        return Reading(entry.name, Outcome.SKIPPED, "other", entry.skip)
    if entry.fail:
        return failed(entry.name, SourceError(entry.fail), TroubleKind.UNREADABLE)
    try:
        data = _bytes(entry, budget)
    except OSError as error:
        return failed(entry.name, SourceError(_reason(error)), TroubleKind.UNREADABLE)
    except SourceError as error:
        return failed(entry.name, error, TroubleKind.UNREADABLE)
    return read(
        entry.name,
        data,
        in_chart=entry.in_chart,
        asked_for=entry.asked_for,
        budget=budget,
        variables=variables,
    )


class _Walk:
    """Walks one folder and gives every file of it once, under its own name if it has one here.

    Links are followed inside the repository (the folder itself, when it is in none): a stranger's
    `x -> /` shall not have us read the machine.
    """

    def __init__(self, ignore: Ignore, seen: set[tuple[int, int]]) -> None:
        self.ignore = ignore
        self.seen = seen
        self.links: list[tuple[Entry, os.stat_result]] = []
        self.linked: list[tuple[str, Ignore, bool]] = []
        self.bounds: tuple[Path, ...] = ()

    def folder(self, top: str) -> Iterator[Entry]:
        real = Path(os.path.realpath(top))
        self.bounds = (repository(real) or real, Path.cwd())
        yield from self._own(top, self.ignore.above(Path(top)), _in_chart(top))
        while self.linked:
            yield from self._own(*self.linked.pop(0))
        for entry, status in self.links:
            if _first_time(status, self.seen):
                yield entry

    def _own(self, top: str, ignore: Ignore, in_chart: bool) -> Iterator[Entry]:
        """The files of a folder; what is only linked to is put off."""
        stack = [(top, ignore, in_chart)]
        while stack:
            path, ignore, in_chart = stack.pop()
            try:
                status = os.stat(path)
                with os.scandir(path) as listing:
                    entries = sorted(listing, key=lambda entry: entry.name)
            except OSError as error:
                yield Entry(_shown(path), path, fail=f"folder: {_reason(error)}")
                continue
            if not _first_time(status, self.seen):
                continue
            names = {entry.name for entry in entries}
            if ".gitignore" in names:
                ignore = ignore.below(Path(path))
            chart = "Chart.yaml" in names
            below: list[tuple[str, Ignore, bool]] = []
            for entry in entries:
                is_folder = _is_folder(entry)
                if entry.name == ".git":
                    continue
                if reason := ignore.reason(entry.path, is_folder) or self._leads_out(entry):
                    yield Entry(_shown(entry.path) + "/" * is_folder, entry.path, skip=reason)
                elif is_folder:
                    templates = in_chart or (chart and entry.name == "templates")
                    later = self.linked if entry.is_symlink() else below
                    later.append((entry.path, ignore, templates))
                else:
                    yield from self._file(entry, in_chart)
            stack.extend(reversed(below))

    def _file(self, entry: os.DirEntry[str], in_chart: bool) -> Iterator[Entry]:
        name = _shown(entry.path)
        try:
            status = entry.stat()
        except OSError as error:
            # Only what promises to be ours is missed when it cannot be followed.
            gone = isinstance(error, FileNotFoundError)
            reason = "a link to nothing" if gone else _reason(error)
            ours = named(name)
            yield Entry(name, entry.path, fail=reason * ours, skip=reason * (not ours))
            return
        if not stat.S_ISREG(status.st_mode):
            yield Entry(name, entry.path, skip="not a regular file")
            return
        found = Entry(name, entry.path, in_chart, size=status.st_size)
        if entry.is_symlink():
            self.links.append((found, status))
        elif _first_time(status, self.seen):
            yield found

    def _leads_out(self, entry: os.DirEntry[str]) -> str:
        """Why a link is not followed; '' when it is, or is no link, or leads nowhere."""
        if not entry.is_symlink() or not os.path.exists(entry.path):
            return ""
        real = Path(os.path.realpath(entry.path))
        inside = any(real.is_relative_to(bound) for bound in self.bounds)
        return "" if inside else "a link that leads out of the repository"


def _first_time(status: os.stat_result, seen: set[tuple[int, int]]) -> bool:
    key = (status.st_dev, status.st_ino)
    if key in seen and key[1]:
        return False
    seen.add(key)
    return True


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _in_chart(path: str) -> bool:
    """Whether a chart's templates lie at or above the path."""
    full = Path(path).absolute()
    return any(
        folder.name == "templates" and os.path.isfile(folder.parent / "Chart.yaml")
        for folder in (full, *full.parents)
    )


def _reason(error: OSError) -> str:
    return (error.strerror or str(error)).lower()


def _shown(path: str) -> str:
    """The path as a reader would type it again, with forward slashes on every system.

    Bytes that are no UTF-8 are escaped, so that every format can write the name.
    """
    shown = os.fsencode(path).decode("utf-8", "backslashreplace").replace(os.sep, "/")
    return shown[2:] if shown.startswith("./") and len(shown) > 2 else shown


def _bytes(entry: Entry, budget: Budget) -> bytes:
    """The input's bytes, one more than allowed at most. Raises OSError and SourceError."""
    if entry.path == "-":
        if sys.stdin is None:
            raise OSError("standard input is closed")
        return sys.stdin.buffer.read(budget.bytes + 1)
    descriptor = os.open(entry.path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0))
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return _pipe(descriptor, budget)
        with open(descriptor, "rb", closefd=False) as file:
            head = file.read(min(_HEAD, budget.bytes + 1))
            if is_binary(head) and not (entry.asked_for or named(entry.name)):
                return head  # the rest of a model's weights would say no more
            return head + file.read(budget.bytes + 1 - len(head))
    finally:
        os.close(descriptor)


def _pipe(descriptor: int, budget: Budget) -> bytes:
    """What comes through a pipe or device (`<(helm template .)`); waits for an existing writer."""
    data = bytearray()
    deadline = monotonic() + _PIPE_SECONDS
    while len(data) <= budget.bytes:
        if monotonic() > deadline:
            raise SourceError(f"nothing came through the pipe for {_PIPE_SECONDS:.0f} seconds")
        select.select([descriptor], [], [], 1.0)
        try:
            chunk = os.read(descriptor, _CHUNK)
        except BlockingIOError:
            continue
        if not chunk:
            break
        data += chunk
        deadline = monotonic() + _PIPE_SECONDS
    if not data and stat.S_ISFIFO(os.fstat(descriptor).st_mode):
        raise SourceError("a pipe that nobody writes to")
    return bytes(data)
