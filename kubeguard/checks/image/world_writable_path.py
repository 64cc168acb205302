"""What everybody may write, an intruder may replace: a script, a library, a configuration."""

from collections.abc import Iterator
from posixpath import dirname

from kubeguard.checks.kit import File, FileKind, Image, Problem, Severity, advise, check

_OTHERS_WRITE, _STICKY = 0o002, 0o1000


@check(
    "KG2010",
    "Built image has files that everybody may write",
    on=Image,
    severity=Severity.MEDIUM,
    refs=("CWE-732", "MITRE T1222"),
)
def world_writable_path(image: Image) -> Iterator[Problem]:
    open_paths = {file.path: file for file in image.files.values() if _is_open(file)}
    tops: dict[str, int] = {}
    for path in sorted(open_paths):
        top = _top(path, open_paths)
        tops[top] = tops.get(top, -1) + 1
    for path, below in tops.items():
        file = open_paths[path]
        more = f", and {below:,} below it" if below else ""
        message = f"{path!r} has mode {file.mode:04o}{more}, from {image.origin(file)}"
        yield Problem(image.place(file), message, advise("chown it to its user, and chmod o-w"))


def _is_open(file: File) -> bool:
    """A folder whose sticky bit keeps files with their owners is fine, as /tmp is."""
    if not file.mode & _OTHERS_WRITE:
        return False
    return file.kind is FileKind.FILE or (file.kind is FileKind.FOLDER and not file.mode & _STICKY)


def _top(path: str, open_paths: dict[str, File]) -> str:
    """The uppermost folder above the path from which on all are open."""
    while (folder := dirname(path)) != path and folder in open_paths:
        path = folder
    return path
