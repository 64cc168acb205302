"""ADD fetches and unpacks; a plain file needs neither."""

import re
from collections.abc import Iterator

from kubeguard.checks.dockerfile._sources import is_remote
from kubeguard.checks.kit import Instruction, Problem, Severity, Word, check, put

_ARCHIVE = re.compile(r"(?i)\.(tar|t[gbx]z2?|tar\.\w+|gz|bz2|xz|zst|lzma)\*?$|\*$")


@check(
    "KG1011",
    "ADD where COPY would do",
    on=Instruction,
    severity=Severity.LOW,
    refs=("CIS-Docker 4.9",),
    like=("trivy:DS-0005", "checkov:CKV_DOCKER_4", "hadolint:DL3020"),
)
def add_instead_of_copy(instruction: Instruction) -> Iterator[Problem]:
    if instruction.keyword != "ADD" or "unpack" in instruction.flags:
        return
    sources = instruction.words[:-1]
    if sources and all(_is_plain(word) for word in sources):
        where = instruction.node["keyword"]
        message = f"ADD of the plain file or folder {sources[0].text[:60]!r}"
        yield Problem(where, message, put(where, "COPY", hint="use COPY"))


def _is_plain(source: Word) -> bool:
    """Neither fetched nor, as far as the name tells, unpacked."""
    text = source.text
    return source.value is not None and not is_remote(text) and not _ARCHIVE.search(text)
