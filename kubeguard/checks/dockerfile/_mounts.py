"""The mounts of a RUN."""

from kubeguard.checks.kit import Instruction, Word


def has_mount(instruction: Instruction, *targets: str) -> bool:
    """Whether a cache or tmpfs mount keeps what is written to one of these out of the layer."""
    for word in instruction.flags.get("mount", ()):
        options = mount_options(word)
        target = options.get("target") or options.get("dst") or options.get("destination") or ""
        if options.get("type") in ("cache", "tmpfs") and target.rstrip("/") in targets:
            return True
    return False


def mount_options(word: Word) -> dict[str, str]:
    """`type=cache,target=/x,ro` as a mapping."""
    pairs = (part.partition("=") for part in word.text.split(","))
    return {key.strip(): value for key, _, value in pairs}
