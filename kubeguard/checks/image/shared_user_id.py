"""Two accounts with one number are one account with two names, and two passwords."""

from collections.abc import Iterator

from kubeguard.checks.kit import Image, Problem, Severity, advise, check


@check(
    "KG2022",
    "Built image has accounts or groups with the same number",
    on=Image,
    severity=Severity.LOW,
    refs=("CWE-286",),
)
def shared_user_id(image: Image) -> Iterator[Problem]:
    for path, what in (("/etc/passwd", "UID"), ("/etc/group", "GID")):
        file = image.find(path)
        first: dict[str, str] = {}
        for fields in image.accounts(path):
            number = fields[2] if len(fields) > 2 else ""
            if not file or not number or (what == "UID" and number == "0"):
                continue  # a second root is another finding
            before = first.setdefault(number, fields[0])
            if before != fields[0]:
                message = f"{before[:40]!r} and {fields[0][:40]!r} share {what} {number[:12]}"
                message += f", from {image.origin(file)}"
                yield Problem(image.place(file), message, advise("give each a number of its own"))
