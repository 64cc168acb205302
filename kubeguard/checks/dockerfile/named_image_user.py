"""The kubelet cannot tell from a name whether it is root, and refuses to start the container."""

from collections.abc import Iterator

from kubeguard.checks.dockerfile._options import settings
from kubeguard.checks.dockerfile._user import last_user, name_of
from kubeguard.checks.kit import Dockerfile, Fix, Problem, Severity, Word, advise, check, put, users


@check(
    "KG1003",
    "Image user is a name, not a number",
    on=Dockerfile,
    severity=Severity.INFO,
    refs=("PSS restricted",),
    like=("hadolint:DL3066",),
)
def named_image_user(dockerfile: Dockerfile) -> Iterator[Problem]:
    user = last_user(dockerfile)
    name = name_of(user) if user else None
    if not user or not name or not users.is_unproven(name):
        return
    word = user.words[0]
    message = f"runAsNonRoot cannot be proven for the user {name!r}: only a number shows it"
    yield Problem(word.node, message, _by_number(word, name, _number(dockerfile, name)))


def _by_number(word: Word, name: str, number: str) -> Fix:
    if not number:
        return advise("give USER the number of that user")
    return put(word.node, number + word.text[len(name) :], hint=f"write USER {number}")


def _number(dockerfile: Dockerfile, name: str) -> str:
    """The number that `useradd -u 1000 name` or `adduser -u 1000 name` gave it, else ''."""
    for instruction in dockerfile.instructions:
        for command in instruction.commands if instruction.keyword == "RUN" else ():
            made = command.program in ("useradd", "adduser")
            if made and any(word.text == name for word in command.operands):
                for option, value, _ in settings(command):
                    if option in ("-u", "--uid") and value.isdecimal():
                        return value
    return ""
