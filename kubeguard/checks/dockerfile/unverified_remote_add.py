"""Whoever controls the server, or the way to it, decides what is in the image."""

from collections.abc import Iterator

from kubeguard.checks.dockerfile._sources import is_git, is_remote, names_commit
from kubeguard.checks.kit import Instruction, Problem, Severity, advise, check


@check(
    "KG1012",
    "ADD from the network without a checksum",
    on=Instruction,
    severity=Severity.MEDIUM,
    refs=("CIS-Docker 4.9", "SLSA", "CWE-494"),
    like=("hadolint:DL3020",),
)
def unverified_remote_add(instruction: Instruction) -> Iterator[Problem]:
    if instruction.keyword != "ADD" or "checksum" in instruction.flags:
        return
    for word in instruction.words[:-1]:
        source = word.text
        if is_git(source) and not names_commit(source):
            message = f"{source[:60]!r} is cloned at whatever its branch or tag points to"
            yield Problem(word.node, message, advise("name the full commit after #"))
        elif is_remote(source) and not is_git(source):
            message = f"{source[:60]!r} is put into the image unchecked"
            yield Problem(word.node, message, advise("add --checksum=sha256:... of the file"))
