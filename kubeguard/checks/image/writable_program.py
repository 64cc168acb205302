"""A program that its own user may rewrite turns a write into code that runs at the next start."""

from collections.abc import Iterator

from kubeguard.checks.image._start import programs
from kubeguard.checks.kit import File, FileKind, Image, Problem, Severity, advise, check, users

_OWNER_WRITES, _OTHERS_WRITE = 0o200, 0o002


@check(
    "KG2019",
    "Program of a built image may be rewritten by its user",
    on=Image,
    severity=Severity.LOW,
    refs=("CWE-732", "MITRE T1222"),
)
def writable_program(image: Image) -> Iterator[Problem]:
    user = image.config["User"].text
    uid = image.uid_of(users.name_of(user))
    if not uid:  # root rewrites anything, which is another finding
        return
    for file in _started(image):
        if _may_write(file, uid):
            message = f"{file.path!r} may be rewritten by UID {uid}, which runs it"
            hint = f"let root own it: COPY --chown=0:0, chmod 755 {file.path[:60]}"
            yield Problem(image.place(file), f"{message}, from {image.origin(file)}", advise(hint))


def _started(image: Image) -> Iterator[File]:
    """The program, and the scripts that it is given."""
    files = map(image.program, programs(image))
    return (file for file in dict.fromkeys(files) if file and file.kind is FileKind.FILE)


def _may_write(file: File, uid: int) -> bool:
    return bool(file.mode & _OTHERS_WRITE) or (file.uid == uid and bool(file.mode & _OWNER_WRITES))
