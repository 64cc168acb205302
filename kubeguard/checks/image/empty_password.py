"""An account without a password lets anybody be it who finds su or a login."""

from collections.abc import Iterator

from kubeguard.checks.kit import Image, Problem, Profile, Severity, advise, check


@check(
    "KG2011",
    "Built image has an account with an empty password",
    on=Image,
    severity=Severity.HIGH,
    profile=Profile.BASELINE,
    refs=("CWE-258", "MITRE T1078.001"),
)
def empty_password(image: Image) -> Iterator[Problem]:
    for path in ("/etc/passwd", "/etc/shadow"):
        file = image.find(path)
        for fields in image.accounts(path):
            if file and len(fields) > 2 and fields[0] and not fields[1]:
                message = f"{fields[0][:40]!r} has an empty password, from {image.origin(file)}"
                hint = f"lock the account: RUN passwd --lock {fields[0][:40]}"
                yield Problem(image.place(file), message, advise(hint))
