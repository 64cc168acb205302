"""A setuid program is a way up from any user of the container to the one who owns it."""

from collections.abc import Iterator

from kubeguard.checks.kit import FileKind, Image, Problem, Severity, advise, check

_SETUID, _SETGID, _OTHERS_RUN = 0o4000, 0o2000, 0o111


@check(
    "KG2009",
    "Built image has a setuid or setgid program",
    on=Image,
    severity=Severity.LOW,
    refs=("CIS-Docker 4.8", "MITRE T1548.001", "CWE-250"),
)
def setuid_file(image: Image, *, allowed: tuple[str, ...] = ()) -> Iterator[Problem]:
    for file in image.files.values():
        bits = file.mode & (_SETUID | _SETGID)
        if not bits or file.kind is not FileKind.FILE or file.path in allowed:
            continue
        if file.mode & _OTHERS_RUN:
            who = f"UID {file.uid}" if bits & _SETUID else f"GID {file.gid}"
            bit = "setuid" if bits & _SETUID else "setgid"
            message = f"{file.path!r} is {bit} for {who}, from {image.origin(file)}"
            hint = f"RUN chmod a-s {file.path}, and allowPrivilegeEscalation: false where it runs"
            yield Problem(image.place(file), message, advise(hint))
