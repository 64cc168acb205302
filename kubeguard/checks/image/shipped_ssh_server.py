"""A container with an SSH server has a second door, with its own keys and no audit log."""

from collections.abc import Iterator

from kubeguard.checks.kit import FileKind, Image, Problem, Severity, advise, check

_SERVERS = ("/usr/sbin/sshd", "/usr/local/sbin/sshd", "/usr/sbin/dropbear", "/usr/bin/dropbear")


@check(
    "KG2016",
    "Built image has an SSH server",
    on=Image,
    severity=Severity.MEDIUM,
    refs=("CIS-Docker 5.6", "MITRE T1021.004"),
    like=("hadolint:DL3001",),
)
def shipped_ssh_server(image: Image) -> Iterator[Problem]:
    for path in _SERVERS:
        file = image.files.get(path)
        if file is not None and file.kind is FileKind.FILE:
            message = f"{path!r} is in the image, from {image.origin(file)}"
            yield Problem(
                image.place(file), message, advise("use kubectl exec, and leave sshd out")
            )
