"""The kubelet cannot tell from a name whether it is root, and refuses to start the container."""

from collections.abc import Iterator

from kubeguard.checks.kit import Image, Problem, Severity, advise, check, users


@check(
    "KG2003",
    "User of a built image is a name, not a number",
    on=Image,
    severity=Severity.INFO,
    refs=("PSS restricted",),
    like=("hadolint:DL3066",),
)
def shipped_named_user(image: Image) -> Iterator[Problem]:
    user = image.config["User"]
    name = users.name_of(user.text)
    uid = image.uid_of(name)
    if users.is_unproven(name) and uid != 0:
        message = f"runAsNonRoot cannot be proven for the user {name!r}: only a number shows it"
        number = "the number of that user" if uid is None else f"{uid}, which is {name!r}"
        yield Problem(user, message, advise(f"give USER {number}"))
