"""What is large is pulled by every node, and is mostly there by mistake."""

from collections.abc import Iterator

from kubeguard.checks.kit import FileKind, Image, Problem, Profile, Severity, advise, check

_MEBIBYTE = 1024 * 1024
_AT_MOST = 10


@check(
    "KG2023",
    "Built image carries a large file",
    on=Image,
    severity=Severity.INFO,
    profile=Profile.PEDANTIC,
)
def large_file(image: Image, *, least_mebibytes: int = 100) -> Iterator[Problem]:
    every = (*image.files.values(), *image.buried)
    large = [f for f in every if f.size >= least_mebibytes * _MEBIBYTE and f.kind is FileKind.FILE]
    for file in sorted(large, key=lambda file: (-file.size, file.path))[:_AT_MOST]:
        hidden = file.hidden_in is not None
        gone = f", though layer {(file.hidden_in or 0) + 1} hides it" if hidden else ""
        message = f"{file.path!r} has {file.size // _MEBIBYTE:,} MiB{gone}"
        hint = "delete it in the step that makes it, or leave it to an earlier stage"
        yield Problem(image.place(file), f"{message}, from {image.origin(file)}", advise(hint))
