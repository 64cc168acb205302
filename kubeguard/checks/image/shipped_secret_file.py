"""A layer keeps every file it was given, even when a later layer deletes it."""

from collections.abc import Iterator
from itertools import chain

from kubeguard.checks.kit import Image, Problem, Profile, Severity, advise, check, secret_files

_HINT = "revoke it; use RUN --mount=type=secret in the build, or mount it when the container runs"


@check(
    "KG2008",
    "Built image holds a secret file",
    on=Image,
    severity=Severity.HIGH,
    profile=Profile.BASELINE,
    refs=("CIS-Docker 4.10", "CWE-538", "MITRE T1552.001"),
    like=("trivy:DS-0031",),
)
def shipped_secret_file(
    image: Image, *, ignored: tuple[str, ...] = secret_files.PACKAGES
) -> Iterator[Problem]:
    for file in chain(image.files.values(), image.buried):
        if file.content is None or secret_files.is_ignored(file.path, ignored):
            continue
        secret = secret_files.secret_in(file.path, file.content)
        if secret:
            gone = "" if file.hidden_in is None else f"though layer {file.hidden_in + 1} hides it, "
            message = f"{file.path!r} holds {secret}, {gone}from {image.origin(file)}"
            yield Problem(image.place(file), message, advise(_HINT))
