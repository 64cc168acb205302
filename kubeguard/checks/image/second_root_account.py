"""An account with UID 0 is root by another name, and nobody looks for it."""

from collections.abc import Iterator

from kubeguard.checks.kit import Image, Problem, Profile, Severity, advise, check


@check(
    "KG2012",
    "Built image has a second root account",
    on=Image,
    severity=Severity.HIGH,
    profile=Profile.BASELINE,
    refs=("CWE-250", "MITRE T1136.001"),
)
def second_root_account(image: Image) -> Iterator[Problem]:
    yield from _passwords(image)
    file = image.find("/etc/passwd")
    roots = [fields[0] for fields in image.accounts("/etc/passwd") if _uid(fields) == 0]
    for number, name in enumerate(roots):
        if file and (name != "root" or "root" in roots[:number]):
            what = (
                f"{name[:40]!r} has UID 0 as root has" if name != "root" else "root is there twice"
            )
            message = f"{what}, from {image.origin(file)}"
            yield Problem(image.place(file), message, advise("remove the account"))


def _passwords(image: Image) -> Iterator[Problem]:
    """Which of two passwords counts depends on who reads the file."""
    file = image.find("/etc/shadow")
    if file and [fields[0] for fields in image.accounts("/etc/shadow")].count("root") > 1:
        message = f"root has two passwords in '/etc/shadow', from {image.origin(file)}"
        yield Problem(image.place(file), message, advise("leave root one line, and lock it"))


def _uid(fields: tuple[str, ...]) -> int | None:
    return int(fields[2]) if len(fields) > 3 and fields[2].isdecimal() else None
