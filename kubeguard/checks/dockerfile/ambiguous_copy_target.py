"""Several files need a folder to go to, and only a final slash says that it is one."""

from collections.abc import Iterator

from kubeguard.checks.kit import Instruction, Problem, Profile, Severity, check, put


@check(
    "KG1038",
    "Several files are copied to what is not a folder",
    on=Instruction,
    severity=Severity.MEDIUM,
    profile=Profile.BASELINE,
    like=("trivy:DS-0011", "hadolint:DL3021"),
)
def ambiguous_copy_target(instruction: Instruction) -> Iterator[Problem]:
    if instruction.keyword not in ("COPY", "ADD") or len(instruction.words) < 3:
        return
    target = instruction.words[-1]
    if target.text.endswith(("/", "\\")) or target.text in (".", "..") or target.value is None:
        return
    message = f"{len(instruction.words) - 1} sources need a folder: {target.text!r} lacks its slash"
    yield Problem(target.node, message, put(target.node, f"{target.text}/", hint="end it with /"))
