"""The .git folder of a project tells its whole history, secrets that were taken back included."""

from collections.abc import Iterator
from itertools import chain

from kubeguard.checks.kit import Image, Problem, Severity, advise, check

_HEAD = "/.git/HEAD"


@check(
    "KG2017",
    "Built image holds a git repository",
    on=Image,
    severity=Severity.MEDIUM,
    refs=("CWE-527", "CWE-538", "MITRE T1213.003"),
)
def shipped_repository(image: Image) -> Iterator[Problem]:
    for file in chain(image.files.values(), image.buried):
        if file.path.endswith(_HEAD):
            folder = file.path.removesuffix("/HEAD")
            gone = "" if file.hidden_in is None else f", though layer {file.hidden_in + 1} hides it"
            message = f"{folder!r} is in the image{gone}, from {image.origin(file)}"
            yield Problem(image.place(file), message, advise("add .git to .dockerignore"))
