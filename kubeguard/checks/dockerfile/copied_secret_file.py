"""A layer keeps every file it was given, even when a later layer deletes it."""

from collections.abc import Iterator

from kubeguard.checks.kit import Instruction, Problem, Severity, advise, check, secret_files


@check(
    "KG1008",
    "Secret file is copied into a layer",
    on=Instruction,
    severity=Severity.HIGH,
    refs=("CIS-Docker 4.10", "CWE-538", "MITRE T1552.001"),
    like=("trivy:DS-0031",),
)
def copied_secret_file(
    instruction: Instruction, *, files: tuple[str, ...] = secret_files.NAMES
) -> Iterator[Problem]:
    if instruction.keyword not in ("COPY", "ADD"):
        return
    for word in instruction.words[:-1]:
        path = word.text.rstrip("/*?")
        if secret_files.is_secret_file(path, files):
            message = f"{path!r} usually holds a secret, and the layer keeps it for good"
            hint = "use RUN --mount=type=secret in the build, or mount it when the container runs"
            yield Problem(word.node, message, advise(hint))
